import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually, freePort, startAws, type TestAws } from '#testing';
import { DependencyUnavailableError } from '../../errors';
import { storageContract } from '../storage.contract';
import { PresignedUploads } from './presigned-uploads';
import { S3Storage } from './storage.s3';

const BUCKET = 'media';

async function startS3(): Promise<{
  aws: TestAws;
  client: S3Client;
  storage: S3Storage;
  workDir: string;
  stop(): Promise<void>;
}> {
  const aws = await startAws();
  const client = new S3Client({ ...aws.client, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const workDir = await mkdtemp(join(tmpdir(), 's3-work-'));
  const stop = async () => {
    client.destroy();
    await aws.stop();
    await rm(workDir, { recursive: true, force: true });
  };
  return { aws, client, storage: new S3Storage(BUCKET, client, workDir), workDir, stop };
}

storageContract('S3Storage', async () => {
  const { aws, storage, workDir, stop } = await startS3();
  return { storage, leftovers: async () => aws.openUploads() + (await readdir(workDir)).length, stop };
});

describe('S3Storage', () => {
  let s3: Awaited<ReturnType<typeof startS3>>;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());

  it('sends parts while the upload runs, and aborts the multipart upload when it fails', async () => {
    const source = Readable.from(
      (async function* () {
        for (let sent = 0; sent < 24; sent += 1) yield randomBytes(1024 ** 2);
        while (!s3.aws.requests().some((request) => request.startsWith('PUT') && request.includes('partNumber=1')))
          await new Promise(setImmediate);
        throw new Error('source failed');
      })(),
    );
    await expect(s3.storage.write('failing/object', source)).rejects.toThrow('source failed');
    expect(s3.aws.requests().some((request) => request.startsWith('DELETE') && request.includes('uploadId='))).toBe(
      true,
    );
    expect(s3.aws.openUploads()).toBe(0);
  });

  it('copies an object that is too large for one request part by part', async () => {
    const inParts = new S3Storage(BUCKET, s3.client, s3.workDir, 5 * 1024 ** 2);
    const bytes = randomBytes(12 * 1024 ** 2 + 7);
    await inParts.write('copies/from', Readable.from([bytes]));
    await inParts.copy('copies/from', 'copies/to');
    expect(Buffer.compare(await buffer(await inParts.read('copies/to')), bytes)).toBe(0);
    const partCopies = s3.aws
      .requests()
      .filter(
        (request) => request.startsWith('PUT') && request.includes('copies/to') && request.includes('partNumber='),
      );
    expect(partCopies).toHaveLength(3);
    expect(s3.aws.openUploads()).toBe(0);
  });

  it('deletes more objects than fit in a page', async () => {
    const names = Array.from({ length: 1_010 }, (_, index) => `pages/${index}`);
    const put = (name: string) => fetch(`${s3.aws.endpoint}/${BUCKET}/${name}`, { method: 'PUT', body: 'x' });
    for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map(put));
    expect(await Array.fromAsync(s3.storage.list('pages/'))).toHaveLength(1_010);
    expect(await s3.storage.deletePrefix('pages/')).toEqual({ objects: 1_010, bytes: 1_010 });
    expect(await Array.fromAsync(s3.storage.list('pages/'))).toEqual([]);
  });

  it('resumes reading at the offset where a connection broke', async () => {
    const bytes = randomBytes(5_000_000);
    const proxy = await startCuttingProxy(s3.aws.endpoint, 1_500_000);
    const client = new S3Client({ ...s3.aws.client, endpoint: proxy.endpoint, forcePathStyle: true });
    await s3.storage.write('long/film', Readable.from([bytes]));
    const read = await buffer(
      await new S3Storage(BUCKET, client, s3.workDir).read('long/film', { start: 10, end: 4_999_989 }),
    );
    expect(read.equals(bytes.subarray(10, 4_999_990))).toBe(true);
    expect(proxy.cuts()).toBeGreaterThan(1);
    client.destroy();
    await proxy.stop();
  });

  it.each([
    ['before the first read', 0, 0, 1],
    ['while S3 is slow', 1, 0, 1],
    ['while S3 is slow after a broken connection', 2, 1, 2],
  ])(
    'closes its connection, and opens no new one, when its reader aborts %s',
    async (_when, chunksToRead, cuts, expectedRequests) => {
      const slow = await startSlowS3(cuts);
      const client = new S3Client({ ...s3.aws.client, endpoint: slow.endpoint, forcePathStyle: true });
      const stream = await new S3Storage(BUCKET, client, s3.workDir).read('slow/film');
      let readBytes = 0;
      if (chunksToRead > 0) stream.on('data', (chunk: Buffer) => (readBytes += chunk.length));
      await eventually(
        async () => readBytes,
        (bytes) => bytes === chunksToRead * SLOW_CHUNK_BYTES,
      );
      stream.destroy();
      await eventually(slow.connections, (count) => count === 0, 2_000).finally(() => (client.destroy(), slow.stop()));
      expect(slow.requests()).toBe(expectedRequests);
    },
  );

  describe('PresignedUploads', () => {
    const bytes = Buffer.from('the bytes of a picture');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    let presigned: PresignedUploads;
    beforeAll(() => {
      const checksums = { requestChecksumCalculation: 'WHEN_REQUIRED' } as const;
      presigned = new PresignedUploads(BUCKET, new S3Client({ ...s3.aws.client, forcePathStyle: true, ...checksums }));
    });
    const put = (url: string, headers: Record<string, string>, body: Buffer = bytes) =>
      fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) });

    it('takes exactly the signed bytes, once', async () => {
      const { url, headers } = await presigned.signPut('incoming/once', bytes.length, sha256, 60);
      expect((await put(url, headers, Buffer.from('the bytes of another  '))).status).toBe(400);
      expect((await put(url, headers, randomBytes(bytes.length + 1))).status).toBe(403);
      expect((await put(url.replace('/once', '/other'), headers)).status).toBe(403);
      expect((await put(url, { ...headers, 'if-none-match': '' })).status).toBe(403);
      expect((await put(url, { ...headers, 'x-amz-meta-more': 'x' })).status).toBe(403);
      expect(await presigned.stat('incoming/once')).toBeNull();
      expect((await put(url, headers)).status).toBe(200);
      expect((await put(url, headers)).status).toBe(412);
      expect(await presigned.stat('incoming/once')).toEqual({ sizeBytes: bytes.length, sha256 });
    });

    it('takes nothing after its time', async () => {
      const { url, headers } = await presigned.signPut('incoming/late', bytes.length, null, 0);
      expect((await put(url, headers)).status).toBe(403);
    });

    it('makes one object of signed parts, once, or none', async () => {
      const id = await presigned.beginParts('incoming/parts');
      const urls = await presigned.signParts('incoming/parts', id, [bytes.length, 3], 60);
      expect((await put(urls[0]!, {})).status).toBe(200);
      expect((await put(urls[1]!, {}, Buffer.from('four'))).status).toBe(403);
      const parts = (await presigned.parts('incoming/parts', id))!;
      expect(parts).toMatchObject([{ partNumber: 1, sizeBytes: bytes.length }]);
      await presigned.completeParts('incoming/parts', id, parts);
      await presigned.completeParts('incoming/parts', id, parts);
      await presigned.abortParts('incoming/parts', id);
      expect(await presigned.parts('incoming/parts', id)).toBeNull();
      expect(await presigned.stat('incoming/parts')).toEqual({ sizeBytes: bytes.length, sha256: null });
      await presigned.abortParts('incoming/none', await presigned.beginParts('incoming/none'));
      expect(s3.aws.openUploads()).toBe(0);
    });
  });

  it('rejects with DependencyUnavailableError when the endpoint refuses connections', async () => {
    const client = new S3Client({
      ...s3.aws.client,
      endpoint: `http://127.0.0.1:${await freePort()}`,
      forcePathStyle: true,
    });
    const storage = new S3Storage(BUCKET, client, s3.workDir);
    await expect(storage.check()).rejects.toThrow(DependencyUnavailableError);
    await expect(storage.stat('a/b')).rejects.toThrow(DependencyUnavailableError);
    await expect(storage.read('a/b')).rejects.toThrow(DependencyUnavailableError);
    await expect(storage.write('a/b', Readable.from(['x']))).rejects.toThrow(DependencyUnavailableError);
    client.destroy();
  });

  it('times out within 5 s (later for large objects) and aborts at once while S3 hangs', async () => {
    const hanging = await listen(createServer(() => {}));
    const client = new S3Client({ ...s3.aws.client, endpoint: hanging.endpoint, forcePathStyle: true });
    const storage = new S3Storage(BUCKET, client, s3.workDir);
    const startedAt = Date.now();
    await expect(storage.write('a/b', Readable.from(['x']), { signal: AbortSignal.timeout(200) })).rejects.toThrow(
      'timeout',
    );
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    const large = storage
      .write('a/d', Readable.from(Array.from({ length: 6 }, () => randomBytes(1024 ** 2))))
      .catch((error: unknown) => error); // has a longer deadline
    await Promise.all(
      [storage.stat('a/b'), storage.write('a/c', Readable.from(['x']))].map((pending) =>
        expect(pending).rejects.toThrow(DependencyUnavailableError),
      ),
    );
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    expect(await large).toBeInstanceOf(DependencyUnavailableError);
    expect(Date.now() - startedAt).toBeGreaterThan(6_000);
    expect(Date.now() - startedAt).toBeLessThan(16_000);
    client.destroy();
    await hanging.stop();
  }, 40_000);
});

async function listen(server: Server): Promise<{ endpoint: string; stop(): Promise<void> }> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = async () => {
    server.close().closeAllConnections();
    await once(server, 'close');
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

const SLOW_CHUNK_BYTES = 100_000;

/** Responds with one chunk of an object of 1 MB and then stalls; the first `cuts` connections are closed instead. */
async function startSlowS3(cuts: number) {
  let requests = 0;
  const server = createServer((request, response) => {
    const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': 1_000_000 - start, etag: '"slow"' });
    requests += 1;
    const isCut = requests <= cuts;
    response.write(Buffer.alloc(SLOW_CHUNK_BYTES), () => isCut && response.destroy());
  });
  const connections = () =>
    new Promise<number>((resolve) => void server.getConnections((_error, count) => resolve(count)));
  return { ...(await listen(server)), requests: () => requests, connections };
}

/** Forwards requests and closes the connection of each response after `afterBytes` bytes of its body. */
async function startCuttingProxy(target: string, afterBytes: number) {
  let cuts = 0;
  const server = createServer(async (request, response) => {
    const headers = Object.entries(request.headers).filter(([name]) =>
      ['range', 'if-match', 'authorization'].includes(name),
    ) as Array<[string, string]>;
    const upstream = await fetch(target + request.url, { method: request.method, headers });
    const body = Buffer.from(await upstream.arrayBuffer());
    response.writeHead(upstream.status, Object.fromEntries(upstream.headers));
    if (body.length <= afterBytes) return response.end(body);
    cuts += 1;
    response.write(body.subarray(0, afterBytes), () => response.destroy());
  });
  return { ...(await listen(server)), cuts: () => cuts };
}
