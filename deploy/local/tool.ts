import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { childEnv, loadConfig, loadSettingsFile, runningInstallation, textForOperator, type Config } from '#config';
import { createDataDir } from './data-dir';
import { DataLock } from './data-lock';
import { storeSettings, Stores, type StoreAddresses } from './stores';

/** An installation that a tool works on. `prefix`: of the variables that name its stores to the tool. */
interface Installation {
  config: Config;
  prefix: string;
}

/**
 * `node tool.js <script> <arguments>`: runs an operator's tool on an installation, or on the two of a move. The tool
 * connects to the stores of a running one (by its own `loadConfig`); otherwise they are started for the time of the
 * tool.
 */
async function main([script = '', ...args]: string[]): Promise<number> {
  await using started = new AsyncDisposableStack();
  const byFolder = new Map<string, StoreAddresses>(); // a move may concern the tables or the files of one folder only
  let env = childEnv({});
  for (const { config, prefix } of installationsOf(args)) {
    if (!needsStores(config, prefix)) continue;
    const addresses = byFolder.get(config.dataDir) ?? (await startStores(config, started));
    byFolder.set(config.dataDir, addresses);
    const { endpoints, credentials } = storeSettings(config, addresses);
    env = childEnv(withPrefix(prefix, endpoints), withPrefix(prefix, credentials), env);
  }
  return await run(script, args, env);
}

function installationsOf([command, ...args]: string[]): Installation[] {
  if (command !== 'move') return [{ config: loadConfig(), prefix: '' }];
  const options = { from: { type: 'string' }, to: { type: 'string' } } as const;
  const { from, to } = parseArgs({ args, options, strict: false }).values;
  if (typeof from !== 'string' || typeof to !== 'string') return []; // the tool prints its usage
  return [
    { config: loadSettingsFile(from, 'FROM_').config, prefix: 'FROM_' },
    { config: loadSettingsFile(to, 'TO_').config, prefix: 'TO_' },
  ];
}

/** A move uses no Redis. */
function needsStores(config: Config, prefix: string): boolean {
  const hasStores = config.dynamodbEndpoint !== null && (config.redisUrl !== null || prefix !== '');
  return config.mode === 'local' && !runningInstallation(config.dataDir) && !hasStores;
}

/** Starts the stores of a stopped installation, silently: stdout and stderr belong to the tool. */
async function startStores(config: Config, started: AsyncDisposableStack): Promise<StoreAddresses> {
  createDataDir(config.dataDir);
  const lock = await DataLock.acquire(config.dataDir);
  started.defer(() => lock.release());
  const stores = new Stores(config, { say: () => {}, changed: () => lock.recordChildren(stores.pids) });
  started.defer(() => stores.stop());
  return stores.start();
}

const withPrefix = (prefix: string, variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`${prefix}${name}`, value]));

/** @returns its exit code. */
async function run(script: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${textForOperator(error)}\n`);
    process.exit(1);
  },
);
