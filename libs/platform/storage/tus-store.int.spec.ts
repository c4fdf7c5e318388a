import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { StreamSplitter, Upload } from '@tus/server';
import { assumeEmulatorCredentials } from '#config';
import { createBucket, eventually, openDescriptors, startAws, startFaultProxy } from '#testing';
import { DependencyUnavailableError } from '../errors';
import { DiskReserve } from './disk-reserve';
import { StorageFullError } from './storage';
import { diskTusStore, s3TusStore } from './tus-store';

/** Finds part files by tus' pattern of names. */
const openParts = async () =>
  (await openDescriptors(process.pid)).filter((path) => /\/[\w-]{10}-\d+( \(deleted\))?$/.test(path));
const upload = (id: string) => new Upload({ id: `resumable/u/${id}/bytes`, size: 3, offset: 0 });

describe('resumable uploads in a bucket', () => {
  it('are rejected while the disk of their part files is full', async () => {
    const aws = await startAws();
    assumeEmulatorCredentials();
    process.env.AWS_ENDPOINT_URL_S3 = aws.endpoint;
    const place = { bucket: await createBucket(aws), region: 'us-east-1', tempDir: join(tmpdir(), 'resumable-parts') };
    await s3TusStore(place, 60_000, new DiskReserve(tmpdir())).create(upload('first'));
    const full = s3TusStore(place, 60_000, new DiskReserve(tmpdir(), Number.MAX_SAFE_INTEGER));
    await expect(full.assertSpaceFor(3)).rejects.toThrow(StorageFullError);
    await expect(full.write(Readable.from([Buffer.from('abc')]), upload('first').id, 0)).rejects.toThrow(
      StorageFullError,
    );
    delete process.env.AWS_ENDPOINT_URL_S3;
    await aws.stop();
  }, 30_000);

  it('are not reported as missing when S3 becomes unavailable between two reads', async () => {
    const aws = await startAws();
    const proxy = await startFaultProxy(aws.endpoint);
    assumeEmulatorCredentials();
    process.env.AWS_ENDPOINT_URL_S3 = proxy.url;
    const store = s3TusStore(
      { bucket: await createBucket(aws), region: 'us-east-1', tempDir: join(tmpdir(), 'resumable-parts') },
      60_000,
      new DiskReserve(tmpdir()),
    );
    await store.create(upload('first'));
    let reads = 0;
    proxy.behave((_operation, _body, request) =>
      request.startsWith('GET') && (reads += 1) > 1 ? 'unavailable' : 'pass',
    );
    await expect(store.getUpload(upload('first').id)).rejects.toThrow(DependencyUnavailableError);
    await proxy.restore();
    expect(await store.getUpload(upload('first').id)).toMatchObject({ size: 3, offset: 0 });
    await expect(store.getUpload(upload('second').id)).rejects.toMatchObject({ status_code: 404 });
    delete process.env.AWS_ENDPOINT_URL_S3;
    await proxy.stop();
    await aws.stop();
  }, 30_000);

  const itOnLinux = existsSync('/proc/self/fd') ? it : it.skip;
  itOnLinux(
    'leave no part file open when its connection to S3 breaks',
    async () => {
      const aws = await startAws();
      const proxy = await startPartBreakingProxy(aws.endpoint);
      assumeEmulatorCredentials();
      process.env.AWS_ENDPOINT_URL_S3 = proxy.url;
      const store = s3TusStore(
        { bucket: await createBucket(aws), region: 'us-east-1', tempDir: join(tmpdir(), 'resumable-parts') },
        60_000,
        new DiskReserve(tmpdir()),
      );
      const chunk = Buffer.alloc(1024 ** 2);
      const send = async (id: string) => {
        const { id: key } = await store.create(new Upload({ id, size: 20 * chunk.length, offset: 0 }));
        await store.write(Readable.from(Array.from({ length: 20 }, () => chunk)), key, 0);
      };
      const sent = await Promise.allSettled(['a', 'b', 'c', 'd'].map((id) => send(`resumable/u/${id}/bytes`)));
      expect(sent.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
      await eventually(openParts, (paths) => paths.length === 0, 3_000);
      delete process.env.AWS_ENDPOINT_URL_S3;
      await proxy.stop();
      await aws.stop();
    },
    30_000,
  );
});

/** The stream through which tus' store writes the parts of an upload. */
describe('part files', () => {
  const itOnLinux = existsSync('/proc/self/fd') ? it : it.skip;
  itOnLinux('are closed and deleted when the upload fails while they are being opened', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'parts-'));
    const splitters = Array.from({ length: 20 }, () => new StreamSplitter({ chunkSize: 1_000, directory }));
    for (const splitter of splitters) {
      splitter.on('error', () => {});
      splitter.write('begins');
      splitter.destroy(new Error('S3 failed'));
    }
    await eventually(
      async () => [...(await openParts()), ...(await readdir(directory))],
      (left) => left.length === 0,
      3_000,
    );
    await rm(directory, { recursive: true });
  });
});

/** Forwards requests to S3, but breaks the connection of each part before its bytes are read. */
async function startPartBreakingProxy(target: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    if (req.url!.includes('partNumber=')) return void req.socket.destroy();
    const options = { method: req.method!, headers: req.headers };
    const forwarded = sendRequest(new URL(req.url!, target), options, (response) => {
      res.writeHead(response.statusCode!, response.headers);
      response.pipe(res);
    });
    req.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close().closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

describe('resumable uploads on a disk', () => {
  it('are unavailable, not missing, while the volume is not mounted, and write nothing in its place', async () => {
    const root = await mkdtemp(join(tmpdir(), 'resumable-'));
    const store = diskTusStore(join(root, 'objects'), 60_000, new DiskReserve(root));
    await store.create(upload('first'));
    await rename(join(root, 'objects'), join(root, 'moved'));
    await expect(store.getUpload(upload('first').id)).rejects.toThrow(DependencyUnavailableError);
    await expect(store.create(upload('second'))).rejects.toThrow(DependencyUnavailableError);
    expect(await readdir(root)).toEqual(['moved']);
    await rename(join(root, 'moved'), join(root, 'objects'));
    expect(await store.getUpload(upload('first').id)).toMatchObject({ size: 3, offset: 0 });
    await rm(root, { recursive: true });
  });
});
