import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import {
  loadConfig,
  OperatorError,
  processStart,
  runningFile,
  textForOperator,
  type Config,
  type RunningInstallation,
} from '#config';
import { type Watcher } from './child';
import { createDataDir } from './data-dir';
import { DataLock } from './data-lock';
import { Installation, type Addresses } from './installation';
import { listenError } from './ports';
import { say } from './say';

/** npm forwards a Ctrl-C that the terminal has already sent to us: signals within this time count as one. */
const SAME_SIGNAL_MS = 1_000;
const WRITE_RETRY_MS = 2_000;

async function main(servicesDir: string, inspectPort: number | null): Promise<void> {
  const { dataDir } = loadConfig();
  createDataDir(dataDir);
  const lock = await DataLock.acquire(dataDir);
  rmSync(runningFile(dataDir), { force: true });
  try {
    const config = loadConfig(); // again: the first call may have used an installation that has ended meanwhile
    await run(config, lock, (watcher) => new Installation(config, servicesDir, watcher, inspectPort));
  } finally {
    rmSync(runningFile(dataDir), { force: true });
    lock.release();
  }
}

/** Resolves when everything has stopped on request. */
async function run(config: Config, lock: DataLock, create: (watcher: Watcher) => Installation): Promise<void> {
  await assertPortsFree(config);
  say(
    `Starting SnapStream; data in ${displayPath(config.dataDir)}, logs in ${displayPath(join(config.dataDir, 'logs'))}`,
  );
  const installation = create({ say, changed: () => lock.recordChildren(installation.pids) });
  process.on('SIGUSR2', () => {
    say('Restarting the API and the workers');
    void installation.restartServices();
  });
  const stopRequested = stopRequest(() => installation.kill());
  const started = installation.start().then((addresses) => announce(config, addresses));
  try {
    await Promise.race([started.then(() => stopRequested), stopRequested]);
    say('Stopping: work in progress may take up to 20 s (Ctrl-C again: at once)');
  } finally {
    await installation.stop();
  }
  say('SnapStream has stopped');
}

async function assertPortsFree(config: Config): Promise<void> {
  const addresses = [
    ['', config.host, config.port] as const,
    ...(config.isOpsPortFixed ? [['OPS_', config.opsHost, config.opsPort] as const] : []),
  ];
  for (const [prefix, host, port] of addresses) {
    const error = await listenError(port, host);
    if (error === 'EADDRINUSE')
      throw new OperatorError(
        `Port ${port} is in use by another program: stop it, or choose another port with ${prefix}PORT=<number>`,
      );
    if (error)
      throw new OperatorError(
        `Listening on ${host} port ${port} is not possible (${error}): check ${prefix}HOST and ${prefix}PORT`,
      );
  }
}

function announce(config: Config, addresses: Addresses): void {
  writeRunningFile(config.dataDir, { pid: process.pid, started: processStart(process.pid) ?? '', ...addresses });
  say(`SnapStream is ready at ${addresses.url}`);
}

/** Only tools read this file, so a full disk must not stop the services: writing is retried until there is space. */
function writeRunningFile(dataDir: string, running: RunningInstallation): void {
  const draft = `${runningFile(dataDir)}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(running), { mode: 0o600 });
    renameSync(draft, runningFile(dataDir));
  } catch {
    setTimeout(writeRunningFile, WRITE_RETRY_MS, dataDir, running).unref();
  }
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a later one calls `onRepeated`. */
function stopRequest(onRepeated: () => void): Promise<void> {
  const requested = Promise.withResolvers<void>();
  let firstAt = 0;
  const onSignal = () => {
    firstAt ||= Date.now();
    requested.resolve();
    if (Date.now() - firstAt > SAME_SIGNAL_MS) onRepeated();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return requested.promise;
}

const displayPath = (path: string) => relative('', path) || '.';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { inspect: { type: 'string' } } });
main(positionals[0] ?? join(__dirname, '..', '..', 'services'), values.inspect ? Number(values.inspect) : null).then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${textForOperator(error)}\n`);
    process.exit(1);
  },
);
