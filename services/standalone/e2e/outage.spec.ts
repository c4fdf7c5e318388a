import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Media, MediaStats } from '#contracts';
import { eventually, makePng, startPausable, startStandalone, type ApiClient, type Pausable, type Stack } from '#testing';

describe('an upload while DynamoDB hangs', () => {
  let stack: Stack;
  let api: ApiClient;
  let dynamodb: Pausable;
  beforeAll(async () => {
    stack = await startStandalone({ wayToDynamoDb: async (endpoint) => (dynamodb = await startPausable(endpoint)).url });
    ({ api } = await stack.newUser());
  });
  afterAll(async () => {
    await stack.stop();
    await dynamodb.stop();
  });

  const originals = async () => {
    const root = join(stack.processes!.dataDir, 'objects', 'originals');
    return (await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile()).length;
  };

  const listed = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items.map(({ id }) => id).toSorted();

  it('is refused within 5 s of its last byte, and leaves nothing when the table is back', async () => {
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

  it('gives back an item that was written though nobody heard it', async () => {
    const bytes = new Uint8Array(await makePng());
    const answers = Promise.all(Array.from({ length: 8 }, (_, at) => api.tryUpload(bytes, { filename: `${at}.png` })));
    setTimeout(() => dynamodb.pause(), 60); // somewhere between the first and the last write of each
    setTimeout(() => dynamodb.resume(), 6_000);
    const accepted = (await answers).filter(({ status }) => status === 201).map(({ body }) => body.id);
    await eventually(async () => ({ ids: await listed(), files: await originals() }), ({ ids, files }) => ids.join() === accepted.toSorted().join() && files === 2 * accepted.length, 45_000);
    await eventually(() => api.expect<MediaStats>(200, 'GET', '/api/media/stats'), ({ total }) => total === accepted.length, 60_000);
  }, 120_000);
});
