import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statfsSync } from 'node:fs';
import { writeFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnv, runningInstallation, type RunningInstallation } from '#config';
import type { Media, Problem } from '#contracts';
import {
  ApiClient,
  eventually,
  fillDisk,
  freePort,
  makeJpegOf,
  mountSmallDisk,
  newAccount,
  sha256,
  smallDiskObstacle,
  type Account,
  type SmallDisk,
} from '#testing';

const MIB = 1024 ** 2;
const DISK_BYTES = 128 * MIB;
const RESERVE_BYTES = DISK_BYTES / 10;
/** Allowance for writes of the stores and the logs during a test. */
const OTHER_WRITES_BYTES = 4 * MIB;
const SUPERVISOR = resolve(__dirname, '../../dist/deploy/local/supervisor.js');
const TUS = { 'Tus-Resumable': '1.0.0' };

/** A multipart body of unknown length; calls `between` after the first half of the file. */
async function* multipart(file: Buffer, between: () => Promise<unknown> = async () => {}) {
  yield Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
  yield file.subarray(0, file.length / 2);
  await between();
  yield file.subarray(file.length / 2);
  yield Buffer.from('\r\n--x--\r\n');
}

/** Runs everything that `npm start` does, with its stores and logs, on one small disk. */
(smallDiskObstacle() ? describe.skip : describe)('a full disk', () => {
  let disk: SmallDisk;
  let supervisor: ChildProcess;
  let installation: RunningInstallation;
  let api: ApiClient;
  let account: Account;

  beforeAll(async () => {
    disk = await mountSmallDisk(DISK_BYTES);
    const env = childEnv({ DATA_DIR: disk.folder, PORT: String(await freePort()), OPS_PORT: '0', WORKERS: '0' });
    supervisor = spawn(process.execPath, [SUPERVISOR], { env, stdio: 'ignore' });
    const find = async () => runningInstallation(disk.folder);
    installation = (await eventually(find, (running) => running !== null, 60_000))!;
    api = new ApiClient(installation.url);
    ({ account } = await api.register(newAccount()));
  }, 90_000);
  afterAll(async () => {
    supervisor.kill('SIGTERM');
    if (supervisor.exitCode === null) await once(supervisor, 'exit');
    await disk.unmount();
  });

  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(disk.folder);
    return bavail * bsize;
  };
  const health = async (path: 'live' | 'ready') => {
    const answer = await fetch(`${installation.url}/health/${path}`, { signal: AbortSignal.timeout(5_000) });
    return { http: answer.status, ...((await answer.json()) as { status: string }) };
  };
  const chunked = (file: Buffer, between?: () => Promise<unknown>) =>
    api.call<Media | Problem>('POST', '/api/media', {
      body: ReadableStream.from(multipart(file, between)) as ReadableStream,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });
  const begin = (sizeBytes: number) =>
    api.call<Problem>('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(sizeBytes) } });
  const append = (path: string, offset: number, bytes: Buffer<ArrayBuffer>) =>
    api.call<Problem>('PATCH', path, {
      body: bytes,
      headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
    });
  const listed = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items;
  const isFull = expect.objectContaining({ status: 507, body: expect.objectContaining({ code: 'storage_full' }) });
  /** Fills the disk up to `bytes` of free space. @returns the function that frees it again. */
  const shrink = async (bytes: number) => {
    const ballast = join(disk.folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(freeBytes() - bytes));
    return () => rm(ballast);
  };

  it('refuses uploads in progress when free space falls below the reserve; a resumable one resumes later', async () => {
    const file = await makeJpegOf(4 * MIB);
    const path = (await begin(file.length)).headers.get('location')!;
    expect((await append(path, 0, file.subarray(0, MIB))).status).toBe(204);
    const shrunk = Promise.withResolvers<() => Promise<void>>();
    const interrupted = await chunked(file, async () => {
      shrunk.resolve(await shrink(RESERVE_BYTES - MIB));
      await sleep(1_100); // free space is measured every second
    });
    expect(interrupted).toEqual(isFull);
    expect(await append(path, MIB, file.subarray(MIB))).toEqual(isFull);
    expect(await begin(1)).toEqual(isFull);
    expect(await api.tryUpload(file)).toEqual(isFull);
    const freeSpace = await shrunk.promise;
    await freeSpace();
    expect((await append(path, MIB, file.subarray(MIB))).headers.get('snapstream-media-id')).toBeTruthy();
    expect(await listed()).toMatchObject([{ sha256: sha256(file) }]);
  });

  it('keeps the reserve free during 40 parallel uploads; login, reading, deletion and uploads work then', async () => {
    const file = await makeJpegOf(4 * MIB);
    const sends = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? api.tryUpload(file) : chunked(file)));
    const answers = await Promise.all(sends);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 507]));
    expect(freeBytes()).toBeGreaterThan(RESERVE_BYTES - OTHER_WRITES_BYTES);
    const freeSpace = await shrink(RESERVE_BYTES - MIB); // however much the refused ones left
    const ready = await eventually(
      () => health('ready'),
      ({ status }) => status !== 'ok',
    );
    expect(ready).toMatchObject({ http: 200, status: 'degraded' });

    await api.login(account);
    const items = await listed();
    const { id } = items[0]!;
    const original = await (await api.fetch('GET', `/api/media/${id}/original`)).arrayBuffer();
    expect(sha256(new Uint8Array(original))).toBe(sha256(file));
    await api.expect(200, 'PATCH', `/api/media/${id}`, { json: { title: 'A title' } });
    await api.expect(204, 'DELETE', `/api/media/${id}`);
    await freeSpace();
    for (const each of items.slice(1, 6)) await api.expect(204, 'DELETE', `/api/media/${each.id}`);
    expect((await api.tryUpload(file)).status).toBe(201);
    expect(
      await eventually(
        () => health('ready'),
        ({ status }) => status === 'ok',
      ),
    ).toMatchObject({ http: 200 });
  });

  it('answers requests while another program fills the disk, and recovers by itself when space is freed', async () => {
    const freeSpace = await fillDisk(disk.folder);
    for (let second = 0; second < 3; second += 1) {
      const stranger = new ApiClient(installation.url);
      // many, to fill the last page of the log
      const calls = Array.from({ length: 30 }, () => stranger.call('GET', '/api/media'));
      expect((await Promise.all(calls)).every(({ status }) => status === 401)).toBe(true);
      expect(await health('live')).toMatchObject({ http: 200 });
      await sleep(1_000);
    }
    await freeSpace();
    await eventually(
      () =>
        api.login(account).then(
          () => true,
          () => false,
        ),
      Boolean,
      30_000,
    );
    await eventually(
      () => begin(1_000),
      ({ status }) => status === 201,
      30_000,
    );
    await eventually(
      () => health('ready'),
      ({ status }) => status === 'ok',
      30_000,
    );
  }, 100_000);
});
