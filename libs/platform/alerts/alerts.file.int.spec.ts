import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { DependencyUnavailableError } from '../errors';
import { alertsContract, failed, registered } from './alerts.contract';
import { AlertsFile } from './alerts.file';

const linesOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n');

alertsContract('AlertsFile', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'alerts-'));
  const path = join(dir, 'data', 'alerts.ndjson');
  return {
    alerts: new AlertsFile(path),
    received: async () => (await linesOf(path)).map((line) => JSON.parse(line)),
    stop: () => rm(dir, { recursive: true, force: true }),
  };
});

describe('AlertsFile', () => {
  let dir: string;
  let path: string;
  let alerts: AlertsFile;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'alerts-'));
    path = join(dir, 'alerts.ndjson');
    alerts = new AlertsFile(path);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('creates its file with mode 0600', async () => {
    await alerts.publish(registered);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('writes the next alert on a new line after a line that a crash truncated', async () => {
    await alerts.publish(registered);
    await appendFile(path, '{"message":{"id":"torn');
    await alerts.publish(failed);
    await alerts.publish(registered);
    const lines = await linesOf(path);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe('{"message":{"id":"torn');
    expect([0, 2, 3].map((line) => JSON.parse(lines[line]!).message.id)).toEqual([
      registered.id,
      failed.id,
      registered.id,
    ]);
  });

  it('starts a new file at 20 MiB, and keeps one old one', async () => {
    await writeFile(path, '');
    await truncate(path, 20 * 1024 ** 2);
    await Promise.all([alerts.publish(registered), alerts.publish(failed)]);
    expect(await linesOf(path)).toHaveLength(2);
    expect((await stat(`${path}.1`)).size).toBe(20 * 1024 ** 2);
  });

  it('rejects when the file cannot be written', async () => {
    await mkdir(path);
    await expect(alerts.publish(registered)).rejects.toThrow(DependencyUnavailableError);
    await expect(alerts.check()).rejects.toThrow(DependencyUnavailableError);
  });

  it('rejects when the disk is full in the middle of a line, and continues on a new line afterwards', async () => {
    const run = await buildPublisher(dir);
    await alerts.publish(registered);
    const size = (await stat(path)).size;
    const [outcome] = await run(1, path, 1, ['/usr/bin/prlimit', `--fsize=${size + 20}`]);
    expect(outcome).toBe('DependencyUnavailableError');
    expect((await stat(path)).size).toBe(size + 20);
    await alerts.publish(failed);
    expect(JSON.parse((await linesOf(path)).at(-1)!).message).toEqual(failed);
  });

  it('waits for a line that another process is still writing', async () => {
    const line = `${JSON.stringify({ message: failed, attributes: {} })}\n`;
    await appendFile(path, line.slice(0, 20));
    const published = alerts.publish(failed);
    await sleep(30);
    await appendFile(path, line.slice(20));
    await published;
    expect((await linesOf(path)).map((each) => JSON.parse(each).message)).toEqual([failed, failed]);
  });

  it('accepts alerts from several processes at once', async () => {
    const run = await buildPublisher(dir);
    expect(await run(3, path, 100)).toEqual(['published', 'published', 'published']);
    const ids = (await linesOf(path)).map((line) => JSON.parse(line).message.id as string);
    expect(new Set(ids).size).toBe(300);
    expect(ids).toHaveLength(300);
  });
});

/** Returns a function that publishes from child processes, each with `alerts` concurrent alerts. */
async function buildPublisher(dir: string) {
  const bundle = join(dir, 'alerts.cjs');
  await build({
    entryPoints: [join(__dirname, 'alerts.file.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    keepNames: true,
  });
  const script = `
    const { AlertsFile } = require(process.argv[1]);
    const alerts = new AlertsFile(process.argv[2]);
    const alert = (n) => ({
      id: process.pid + '.' + n,
      type: 'user.registered',
      occurredAt: new Date().toISOString(),
      userId: 'u'.repeat(n * 20),
    });
    Promise.all(Array.from({ length: Number(process.argv[3]) }, (_, n) => alerts.publish(alert(n)))).then(
      () => console.log('published'),
      (error) => console.log(error.constructor.name),
    );`;
  return (processes: number, path: string, alerts: number, wrapper: string[] = []) => {
    const [program, ...args] = [...wrapper, process.execPath, '-e', script, bundle, path, String(alerts)];
    const one = async () => (await promisify(execFile)(program!, args)).stdout.trim();
    return Promise.all(Array.from({ length: processes }, one));
  };
}
