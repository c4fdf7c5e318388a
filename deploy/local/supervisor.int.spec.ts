import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { childEnv, processStart, runningInstallation } from '#config';
import { fillDisk, mountSmallDisk, smallDiskObstacle, type SmallDisk } from '#testing';
import { freePort } from './ports';

const root = resolve(__dirname, '../..');

async function stop(supervisor: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return supervisor.exitCode;
  const exit = once(supervisor, 'exit');
  supervisor.kill(signal);
  await exit;
  return supervisor.exitCode;
}

const exitCode = async (ended: ChildProcess): Promise<number | null> =>
  ended.exitCode ?? ((await once(ended, 'exit'))[0] as number | null);

async function until<T>(find: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(20)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error(`Expected ${find.toString()} within 20 s`);
}

const readLogs = (dataDir: string) =>
  globSync(join(dataDir, 'logs/*'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('');

const allEnded = (pids: number[]) => pids.every((pid) => processStart(pid) === null);

/** Runs the bundled supervisor with stub services: `stubs/standalone/main.js` and `stubs/worker/main.js`. */
describe('supervisor', () => {
  const dir = mkdtempSync(join(tmpdir(), 'supervisor-'));
  const running: ChildProcess[] = [];
  let dataDir: string;

  beforeAll(() => {
    const entries = ['supervisor', 'redis', 'dynalite'].map((name) => join(__dirname, `${name}.ts`));
    const options = [
      '--bundle',
      '--platform=node',
      '--packages=external',
      '--log-level=error',
      `--outdir=${join(dir, 'bin')}`,
    ];
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [...entries, ...options], { cwd: root });
    cpSync(join(__dirname, 'stubs'), join(dir, 'stubs'), { recursive: true });
  });
  beforeEach(() => {
    dataDir = mkdtempSync(join(dir, 'data-'));
  });
  afterEach(async () => {
    for (const supervisor of running.splice(0)) await stop(supervisor, 'SIGTERM');
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function start(settings: Record<string, string>, terminal: 'pipe' | number = 'pipe', options: string[] = []) {
    const env = {
      PATH: childEnv({}).PATH,
      NODE_PATH: join(root, 'node_modules'),
      DATA_DIR: dataDir,
      WORKERS: '2',
      ...settings,
    };
    const args = [join(dir, 'bin/supervisor.js'), join(dir, 'stubs'), ...options];
    const supervisor = spawn(process.execPath, args, { env, stdio: ['ignore', terminal, 'pipe'] });
    running.push(supervisor);
    const streams = [supervisor.stdout ?? Readable.from([]), supervisor.stderr!];
    const output = Promise.all(streams.map((stream) => text(stream))).then((parts) => parts.join(''));
    return Object.assign(supervisor, { output });
  }

  async function startReady(settings: Record<string, string> = {}, options: string[] = []) {
    const supervisor = start({ PORT: String(await freePort()), ...settings }, 'pipe', options);
    const installation = await until(() => (supervisor.exitCode === null ? runningInstallation(dataDir) : 'ended'));
    if (installation === 'ended') throw new Error(await supervisor.output);
    return { supervisor, installation };
  }

  const childPids = (): number[] =>
    (JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')) as { children: { pid: number }[] }).children.map(
      ({ pid }) => pid,
    );

  it('starts all, and stops the services before their stores', async () => {
    const { supervisor, installation } = await startReady();
    const pids = childPids();
    expect(pids).toHaveLength(5);
    expect(await (await fetch(installation.url)).json()).toMatchObject({
      REDIS_URL: installation.redisUrl,
      AWS_ENDPOINT_URL_DYNAMODB: installation.dynamodbEndpoint,
      AWS_ACCESS_KEY_ID: 'local',
    });
    expect(statSync(join(dataDir, 'run.json')).mode & 0o777).toBe(0o600);
    expect(await stop(supervisor, 'SIGINT')).toBe(0);
    expect(allEnded(pids)).toBe(true);
    expect(readFileSync(join(dataDir, 'logs/api.log'), 'utf8')).toBe('stopping; Redis serves; DynamoDB serves\n');
    expect(await supervisor.output).toContain(`SnapStream is ready at ${installation.url}\n`);
    expect(existsSync(join(dataDir, 'lock')) || existsSync(join(dataDir, 'run.json'))).toBe(false);
  });

  it('starts stores that require secrets, which appear in no argument and no log', async () => {
    const { supervisor, installation } = await startReady();
    const [redisUrl, endpoint] = [new URL(installation.redisUrl!), new URL(installation.dynamodbEndpoint!)];
    const stranger = new Redis({ port: Number(redisUrl.port), retryStrategy: () => null, lazyConnect: true });
    stranger.on('error', () => {}); // the handshake is rejected, too
    await expect(stranger.keys('*')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
    expect((await fetch(endpoint.origin, { method: 'POST', body: '{}' })).status).toBe(403);
    const secrets = [redisUrl.password, endpoint.pathname.slice(1)];
    expect(secrets.every((secret) => secret.length >= 32)).toBe(true);
    const processes = execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' });
    expect(processes).toContain(String(redisUrl.port));
    expect(secrets.some((secret) => processes.includes(secret))).toBe(false);
    await stop(supervisor, 'SIGTERM');
    expect(secrets.some((secret) => readLogs(dataDir).includes(secret))).toBe(false);
  });

  it('keeps the data of Redis after a stop and after a SIGKILL of all processes', async () => {
    for (const [round, end] of (['SIGTERM', 'SIGKILL', 'SIGTERM'] as const).entries()) {
      const { supervisor, installation } = await startReady();
      const redis = new Redis(installation.redisUrl!);
      expect(await redis.incr('rounds')).toBe(round + 1);
      redis.disconnect();
      if (end === 'SIGKILL') for (const pid of childPids()) process.kill(pid, 'SIGKILL');
      await stop(supervisor, end);
    }
  });

  it('has no children left after a SIGKILL, and can be restarted at once', async () => {
    const { supervisor, installation } = await startReady();
    const pids = childPids();
    await stop(supervisor, 'SIGKILL');
    const again = await startReady({ PORT: new URL(installation.url).port });
    expect(allEnded(pids)).toBe(true);
    expect(again.installation.url).toBe(installation.url);
    expect(await stop(again.supervisor, 'SIGTERM')).toBe(0);
  });

  it('restarts killed children at the same addresses', async () => {
    const { supervisor, installation } = await startReady();
    const pids = childPids();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(() => childPids().length === 5 && !childPids().some((pid) => pids.includes(pid)));
    const redis = new Redis(installation.redisUrl!, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    redis.on('error', () => {}); // until it has reconnected
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
    await stop(supervisor, 'SIGTERM');
    expect(await supervisor.output).toContain('worker-2 ended (SIGKILL); restarting in 0.5 s');
  });

  it('restarts the services on SIGUSR2, and keeps the stores and all addresses', async () => {
    const { supervisor, installation } = await startReady();
    const [services, stores] = [childPids().slice(0, 3), childPids().slice(3)];
    supervisor.kill('SIGUSR2');
    await until(() => childPids().length === 5 && !services.some((pid) => childPids().includes(pid)));
    expect(childPids().slice(3)).toEqual(stores);
    await until(() =>
      fetch(installation.url).then(
        () => true,
        () => false,
      ),
    );
    expect(readLogs(dataDir)).toContain('stopping; Redis serves; DynamoDB serves\n');
    await stop(supervisor, 'SIGTERM');
    expect(await supervisor.output).toContain('Restarting the API and the workers\n');
    expect(await supervisor.output).not.toContain('restarting in');
  });

  it('opens a debugger port for the API and for each worker', async () => {
    const first = await freePort();
    await startReady({}, [`--inspect=${first}`]);
    const inspected = [first, first + 1, first + 2].map((port) => fetch(`http://127.0.0.1:${port}/json/list`));
    const titles = (await Promise.all(inspected)).map(
      async (answer) => ((await answer.json()) as { url: string }[])[0]!.url,
    );
    expect((await Promise.all(titles)).map((url) => url.split('/').slice(-2).join('/'))).toEqual([
      'standalone/main.js',
      'worker/main.js',
      'worker/main.js',
    ]);
  });

  it('rejects a second start on the same folder or port with a one-line message', async () => {
    const { supervisor, installation } = await startReady();
    const { port } = new URL(installation.url);
    const sameFolder = start({ PORT: '0' });
    expect(await sameFolder.output).toBe(
      `SnapStream runs on ${dataDir} already (pid ${supervisor.pid}, ${installation.url})\n`,
    );
    const samePort = start({ PORT: port, DATA_DIR: join(dir, 'other') });
    expect(await samePort.output).toBe(
      `Port ${port} is in use by another program: stop it, or choose another port with PORT=<number>\n`,
    );
    expect([await exitCode(sameFolder), await exitCode(samePort)]).toEqual([1, 1]);
    await stop(supervisor, 'SIGTERM');
  });

  it('reports an invalid setting in one line', async () => {
    const rejected = start({ WORKER_QUEUES: 'fax' });
    expect(await rejected.output).toMatch(/^[^\n]*WORKER_QUEUES[^\n]*\n$/);
    expect(await exitCode(rejected)).toBe(1);
  });

  it.each(['/proc/nope', '/dev/null/data'])('reports in one line that DATA_DIR %s cannot be used', async (path) => {
    const supervisor = start({ DATA_DIR: path });
    expect(await exitCode(supervisor)).toBe(1);
    expect(await supervisor.output).toMatch(/^DATA_DIR \S+ cannot be used \(\w+\): [^\n]+\n$/);
  });

  describe.each(smallDiskObstacle() ? [] : [1024 ** 2])('on a disk of %i bytes that is full', (sizeBytes) => {
    const stores = { REDIS_URL: 'redis://127.0.0.1:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:2' };
    let disk: SmallDisk;
    beforeEach(async () => {
      disk = await mountSmallDisk(sizeBytes);
    });
    afterEach(async () => {
      for (const supervisor of running.splice(0)) await stop(supervisor, 'SIGTERM');
      await disk.unmount();
    });

    it('reports in one line that there is no space to start', async () => {
      await fillDisk(disk.folder);
      const supervisor = start({ DATA_DIR: disk.folder, ...stores });
      expect(await exitCode(supervisor)).toBe(1);
      expect(await supervisor.output).toBe(`DATA_DIR ${disk.folder} cannot be used (ENOSPC): free space on its disk\n`);
    });

    it('runs without run.json until there is space, and reports dropped lines', async () => {
      const terminal = join(disk.folder, 'terminal');
      const descriptor = openSync(terminal, 'a');
      const supervisor = start({ DATA_DIR: disk.folder, PORT: String(await freePort()), ...stores }, descriptor);
      closeSync(descriptor);
      await until(() => existsSync(join(disk.folder, 'logs/worker-2.log')));
      supervisor.kill('SIGSTOP'); // or it could report that everything is ready before the disk is full
      const freeSpace = await fillDisk(disk.folder);
      await expect(async () => {
        for (;;) appendFileSync(terminal, '.'); // the rest of its last page
      }).rejects.toMatchObject({ code: 'ENOSPC' });
      supervisor.kill('SIGCONT');
      // A full tmpfs creates files but writes none: the draft of run.json shows that everything is ready.
      await until(() => globSync(join(disk.folder, 'run.json.*')).length);
      await sleep(500); // for the line that says so
      await freeSpace();
      await until(() => runningInstallation(disk.folder));
      expect(await stop(running[0]!, 'SIGTERM')).toBe(0);
      expect(readFileSync(terminal, 'utf8')).toMatch(/lines could not be written here\nStopping.*\n.* has stopped\n$/);
    });
  });

  it('uses the configured stores and starts none', async () => {
    const { supervisor, installation } = await startReady({
      REDIS_URL: 'redis://127.0.0.1:1',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:2',
    });
    expect(childPids()).toHaveLength(3);
    expect(await (await fetch(installation.url)).json()).not.toHaveProperty('AWS_ACCESS_KEY_ID');
    await stop(supervisor, 'SIGTERM');
  });

  it('can be stopped during a start', async () => {
    const supervisor = start({ PORT: String(await freePort()) });
    await until(() => existsSync(join(dataDir, 'logs/redis.log')));
    expect(await stop(supervisor, 'SIGTERM')).toBe(0);
    expect(await supervisor.output).not.toContain('is ready at');
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
  });
});
