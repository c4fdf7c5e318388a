import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaStats } from '#contracts';
import {
  eventually,
  makePng,
  startPausable,
  startStandalone,
  startFaultProxy,
  type ApiClient,
  type FaultMode,
  type Pausable,
  type Stack,
  type FaultProxy,
} from '#testing';

describe('an upload while DynamoDB hangs', () => {
  let stack: Stack;
  let api: ApiClient;
  let dynamodb: Pausable;
  beforeAll(async () => {
    stack = await startStandalone({
      dynamoEndpoint: async (endpoint) => (dynamodb = await startPausable(endpoint)).url,
    });
    ({ api } = await stack.newUser());
  });
  afterAll(async () => {
    await stack.stop();
    await dynamodb.stop();
  });

  const originals = async () => {
    const root = join(stack.processes!.dataDir, 'objects', 'originals');
    return (await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) =>
      entry.isFile(),
    ).length;
  };

  const listed = async () =>
    (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items.map(({ id }) => id).toSorted();

  it('is refused within 5 s of its last byte, and leaves nothing once DynamoDB answers again', async () => {
    const bytes = new Uint8Array(await makePng());
    dynamodb.pause();
    const startedAt = Date.now();
    const refused = await api.tryUpload(bytes, { filename: 'a.png' });
    expect(refused.body).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    dynamodb.resume();
    await eventually(originals, (count) => count === 0, 20_000);
    expect(await listed()).toEqual([]);
  });

  it('removes an item that was written although the response was lost', async () => {
    const bytes = new Uint8Array(await makePng());
    const answers = Promise.all(Array.from({ length: 8 }, (_, at) => api.tryUpload(bytes, { filename: `${at}.png` })));
    setTimeout(() => dynamodb.pause(), 60); // somewhere between the first and the last write of each
    setTimeout(() => dynamodb.resume(), 6_000);
    const accepted = (await answers).filter(({ status }) => status === 201).map(({ body }) => body.id);
    await eventually(
      async () => ({ ids: await listed(), files: await originals() }),
      ({ ids, files }) => ids.join() === accepted.toSorted().join() && files === 2 * accepted.length,
      45_000,
    );
    await eventually(
      () => api.expect<MediaStats>(200, 'GET', '/api/media/stats'),
      ({ total }) => total === accepted.length,
      60_000,
    );
  }, 120_000);
});

describe('an upload whose write was ambiguous', () => {
  let stack: Stack;
  let api: ApiClient;
  let dynamodb: FaultProxy;
  beforeAll(async () => {
    stack = await startStandalone({
      workers: 0,
      env: { USER_QUOTA_BYTES: '1000000' },
      dynamoEndpoint: async (endpoint) => (dynamodb = await startFaultProxy(endpoint)).url,
    });
  });
  beforeEach(async () => {
    ({ api } = await stack.newUser());
  });
  afterAll(async () => {
    await stack.stop();
    await dynamodb.stop();
  });

  const begin = () =>
    api.call('POST', '/api/uploads', { headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '800000' } });

  /** Loses the response of the write of the medium, then throttles all requests. */
  const loseResponse = () => {
    let isWritten = false;
    dynamodb.behave((operation, body): FaultMode => {
      const isMedium = operation === 'PutItem' && body.includes('"sha256"');
      isWritten ||= isMedium;
      if (isMedium) return 'cut';
      return isWritten ? 'throttle' : 'pass';
    });
  };

  it('keeps the medium when a retry with the same Idempotency-Key returned it', async () => {
    const bytes = new Uint8Array(await makePng());
    const headers = { 'Idempotency-Key': randomUUID() };
    loseResponse();
    expect(await api.tryUpload(bytes, { headers })).toMatchObject({ status: 503 });
    await sleep(1_000); // until releasing the key has failed, too
    await dynamodb.restore();
    const again = await api.tryUpload(bytes, { headers });
    expect(again.status).toBe(201);
    await sleep(8_000); // longer than the first attempt waits before it cleans up
    expect(await api.media(again.body.id)).toMatchObject({ sha256: again.body.sha256 });
  }, 60_000);

  it('removes the medium when there was no retry', async () => {
    loseResponse();
    expect(
      await api.tryUpload(new Uint8Array(await makePng()), { headers: { 'Idempotency-Key': randomUUID() } }),
    ).toMatchObject({ status: 503 });
    await dynamodb.restore();
    const count = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items.length;
    expect(await count()).toBe(1);
    await eventually(count, (left) => left === 0, 20_000);
  }, 60_000);

  it('frees the quota of a refused resumable upload whose reservation was an ambiguous write', async () => {
    await api.upload(new Uint8Array(await makePng())); // creates the counters row
    dynamodb.behave((_operation, body) => (body.includes('reserved') ? 'cut' : 'pass'));
    expect(await begin()).toMatchObject({ status: 503 });
    await dynamodb.restore();
    await eventually(begin, ({ status }) => status === 201, 20_000);
  }, 30_000);
});
