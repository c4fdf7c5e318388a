import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Media } from '#contracts';
import { connectRedis, Dynamo, tables, type TableName } from '#platform';
import {
  EventReader,
  eventually,
  makeJpeg,
  makeMp3,
  makePng,
  startStandalone,
  ApiClient,
  type Account,
  type Stack,
} from '#testing';

/** Every key and value in Redis, of any type. */
async function dump(redis: Redis): Promise<string[]> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, '0', '-1'),
    stream: (key) => redis.xrange(key, '-', '+'),
  };
  const keys = await redis.keys('*');
  return Promise.all(
    keys.map(async (key) => `${key}: ${JSON.stringify((await readers[await redis.type(key)]?.(key)) ?? null)}`),
  );
}

describe('deleting an account', () => {
  let stack: Stack;
  let api: ApiClient;
  let account: Account;
  let userId: string;
  let dynamo: Dynamo;
  let redis: Redis;
  const ids: string[] = [];

  beforeAll(async () => {
    stack = await startStandalone();
    ({ api, account } = await stack.newUser());
    ({ id: userId } = await api.expect<{ id: string }>(200, 'GET', '/api/auth/me'));
    const config = stack.processes!.environment.config();
    dynamo = Dynamo.connect(config);
    redis = connectRedis(config.redisUrl!, 'waiting');
  });
  afterAll(async () => {
    redis.disconnect();
    dynamo.close();
    await stack.stop();
  });

  /** Lines of tables, storage and Redis that contain personal data or ids of the account. */
  const traces = async () => {
    const secrets = [userId, account.email, account.username, 'holiday', ...ids];
    const { dataDir } = stack.processes!;
    const rows: string[] = [];
    for (const table of Object.keys(tables) as TableName[])
      for await (const row of dynamo.scan(table)) rows.push(`${table} ${JSON.stringify(row)}`);
    const files = await Promise.all(
      ['objects', 'tmp', 'work'].map(async (folder) => {
        const entries = await readdir(join(dataDir, folder), { recursive: true, withFileTypes: true }).catch(() => []);
        return Promise.all(
          entries
            .filter((entry) => entry.isFile())
            .map(
              async (entry) =>
                `${join(entry.parentPath, entry.name)} ${await readFile(join(entry.parentPath, entry.name), 'latin1')}`,
            ),
        );
      }),
    );
    return [...rows, ...files.flat(), ...(await dump(redis))].filter((line) =>
      secrets.some((secret) => line.includes(secret)),
    );
  };

  it('erases all data of the account, rejects uploads in progress, and keeps a receipt', async () => {
    const other = new ApiClient(stack.baseUrl);
    await other.login(account);
    const stream = await EventReader.open(api);
    const headers = { 'Idempotency-Key': 'a-key', 'Snapstream-Batch': 'holiday' };
    const keep = async ({ id }: Media) => ids.push((await api.waitUntilSettled(id)).id);
    await keep(
      await api.upload(new Uint8Array(await makeJpeg()), { filename: 'holiday.jpg', title: 'holiday', headers }),
    );
    await keep(await api.upload(new Uint8Array(await makePng()), { filename: 'second.png' }));
    await keep(await api.upload(new Uint8Array(await makeMp3({ seconds: 1 })), { filename: 'sound.mp3' }));
    await keep(await api.upload(new Uint8Array((await makeJpeg()).subarray(0, 200)), { filename: 'broken.jpg' }));
    await api.expect(200, 'PATCH', `/api/media/${ids[0]}`, { json: { tags: ['holiday'], description: 'holiday' } });
    await api.expect(204, 'DELETE', `/api/media/${ids[1]}`);
    const tus = {
      'tus-resumable': '1.0.0',
      'upload-length': '50000',
      'content-type': 'application/offset+octet-stream',
    };
    const begun = await api.fetch('POST', '/api/uploads', {
      headers: tus,
      body: new Uint8Array((await makeJpeg()).subarray(0, 1_000)),
    });
    expect(begun.status).toBe(201);
    expect((await traces()).length).toBeGreaterThan(20); // the search itself works

    const deleted = Promise.withResolvers<void>();
    const bytes = new Uint8Array(await makeJpeg());
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="late.jpg"\r\n\r\n');
      yield bytes.subarray(0, 500);
      await deleted.promise;
      yield bytes.subarray(500);
      yield Buffer.from('\r\n--x--\r\n');
    };
    const late = api.clone().call('POST', '/api/media', {
      body: ReadableStream.from(body()) as ReadableStream,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });
    await sleep(300);
    await api.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    await sleep(300);
    deleted.resolve();
    expect(await late).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(
      (
        await other.fetch('PATCH', begun.headers.get('location')!, {
          headers: { ...tus, 'upload-offset': '1000' },
          body: bytes,
        })
      ).status,
    ).toBe(401);
    await stream.closed;

    const left = await eventually(traces, (lines) => lines.length <= 2, 45_000);
    expect(left.map((line) => line.slice(0, 60)).toSorted()).toEqual([
      expect.stringContaining(`media {"userId":"${userId}#counters"`),
      expect.stringContaining('users {'),
    ]);
    const receipt = await dynamo.get('users', { pk: `receipt#${userId}` });
    expect(receipt).toMatchObject({
      counts: {
        auth: { sessions: 2 },
        media: { media: 3, image: 2, audio: 1, video: 0, unfinishedUploads: 1 },
        notification: { notifications: 5 },
      },
    });
    expect(JSON.stringify(receipt)).not.toContain(account.username);
  }, 120_000);

  it('leaves only the receipt a day later', async () => {
    // as if a day had passed
    await dynamo.update('users', { pk: `receipt#${userId}` }, { set: [['openAt', new Date().toISOString()]] });
    const left = await eventually(traces, (lines) => lines.length === 1, 45_000);
    await eventually(
      () => dynamo.get('users', { pk: `receipt#${userId}` }),
      (receipt) => receipt !== null && !('openAt' in receipt),
      20_000,
    );
    expect(left).toEqual([expect.stringContaining(`users {`)]);
  }, 90_000);
});
