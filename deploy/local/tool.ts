import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadConfig, runningInstallation, textForOperator, type Config } from '#config';
import { createDataDir } from './data-dir';
import { DataLock } from './data-lock';
import { Stores, storesEnv } from './stores';

/**
 * `node tool.js <script> <arguments>`: runs an operator's tool on an installation. The tool connects to the stores of a
 * running one (by its own `loadConfig`); otherwise they are started for the time of the tool.
 */
async function main([script = '', ...args]: string[]): Promise<number> {
  const config = loadConfig();
  if (config.mode === 'aws' || runningInstallation(config.dataDir) || (config.redisUrl && config.dynamodbEndpoint))
    return run(script, args);
  createDataDir(config.dataDir);
  const lock = await DataLock.acquire(config.dataDir);
  try {
    return await withStores(config, lock, (env) => run(script, args, env));
  } finally {
    lock.release();
  }
}

/** Starts the stores around `use`, silently: stdout and stderr belong to the tool. */
async function withStores(
  config: Config,
  lock: DataLock,
  use: (env: Record<string, string>) => Promise<number>,
): Promise<number> {
  const stores = new Stores(config, { say: () => {}, changed: () => lock.recordChildren(stores.pids) });
  try {
    return await use(storesEnv(config, await stores.start()));
  } finally {
    await stores.stop();
  }
}

/** @returns its exit code. */
async function run(script: string, args: string[], env?: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', ...(env && { env }) });
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
