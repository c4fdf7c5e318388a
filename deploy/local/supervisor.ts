import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, processStart, runningFile, type Config, type RunningInstallation } from '#config';
import { ChildNeverReadyError, type Watcher } from './child';
import { makeDataDir, StartRefusedError } from './data-dir';
import { DataLock, FolderInUseError } from './data-lock';
import { Installation, type Addresses } from './installation';
import { whyTaken } from './ports';
import { say } from './say';

/** npm passes on a Ctrl-C that the terminal has sent us already: signals this close together are one. */
const SAME_SIGNAL_MS = 1_000;
const NOTE_AGAIN_MS = 2_000;

async function main(servicesDir: string, inspectPort: number | null): Promise<void> {
  const { dataDir } = loadConfig();
  makeDataDir(dataDir);
  const lock = await DataLock.take(dataDir);
  rmSync(runningFile(dataDir), { force: true });
  try {
    const config = loadConfig(); // again: the first reading may have joined an installation that has just left
    await run(config, lock, (watcher) => new Installation(config, servicesDir, watcher, inspectPort));
  } finally {
    rmSync(runningFile(dataDir), { force: true });
    lock.release();
  }
}

/** Resolves when everything has stopped as asked. */
async function run(config: Config, lock: DataLock, create: (watcher: Watcher) => Installation): Promise<void> {
  await refuseTakenPort(config);
  say(`Starting SnapStream; data in ${here(config.dataDir)}, logs in ${here(join(config.dataDir, 'logs'))}`);
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

async function refuseTakenPort(config: Config): Promise<void> {
  const ports = [
    ['PORT', config.port] as const,
    ...(config.opsPort === 9090 ? [] : [['OPS_PORT', config.opsPort] as const]),
  ];
  for (const [name, port] of ports) {
    const why = await whyTaken(port, config.host);
    if (why === 'EADDRINUSE')
      throw new StartRefusedError(
        `Port ${port} is in use by another program: stop it, or choose another port with ${name}=<number>`,
      );
    if (why)
      throw new StartRefusedError(
        `Listening on ${config.host} port ${port} is not possible (${why}): check HOST and ${name}`,
      );
  }
}

function announce(config: Config, addresses: Addresses): void {
  writeNote(config.dataDir, { pid: process.pid, started: processStart(process.pid) ?? '', ...addresses });
  say(`SnapStream is ready at ${addresses.url}`);
}

/** Only tools read the note: a full disk must not end what runs for it, so it is written as soon as there is room. */
function writeNote(dataDir: string, note: RunningInstallation): void {
  const draft = `${runningFile(dataDir)}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(note), { mode: 0o600 });
    renameSync(draft, runningFile(dataDir));
  } catch {
    setTimeout(writeNote, NOTE_AGAIN_MS, dataDir, note).unref();
  }
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a later one calls `hurry`. */
function stopRequest(hurry: () => void): Promise<void> {
  const requested = Promise.withResolvers<void>();
  let firstAt = 0;
  const onSignal = () => {
    firstAt ||= Date.now();
    requested.resolve();
    if (Date.now() - firstAt > SAME_SIGNAL_MS) hurry();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return requested.promise;
}

const here = (path: string) => relative('', path) || '.';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { inspect: { type: 'string' } } });
main(positionals[0] ?? join(__dirname, '..', '..', 'services'), values.inspect ? Number(values.inspect) : null).then(
  () => process.exit(0),
  (error: Error) => {
    const expected = [ConfigError, FolderInUseError, StartRefusedError, ChildNeverReadyError].some(
      (kind) => error instanceof kind,
    );
    process.stderr.write(`${expected ? error.message : error.stack}\n`);
    process.exit(1);
  },
);
