import { assumeEmulatorCredentials } from '#config';
import { IdempotencyKeys, MediaRepository } from '#media';
import { Dynamo } from '#platform';
import { aMedium, eventually, startDynamoDb, type TestDynamoDb } from '#testing';
import { Idempotency } from './idempotency';

const LEASE_MS = 30_000;
const DAY_MS = 24 * 3_600_000;
const inProgress = { code: 'idempotency_in_progress', headers: { 'Retry-After': '5' } };

/** As after a crash of the process: nothing renews the leases. */
const crash = () => jest.clearAllTimers();

describe('Idempotency', () => {
  let server: TestDynamoDb;
  let dynamo: Dynamo;
  let media: MediaRepository;
  let keys: IdempotencyKeys;
  let idempotency: Idempotency;
  let userId: string;
  let users = 0;

  beforeAll(async () => {
    assumeEmulatorCredentials();
    server = await startDynamoDb();
    dynamo = Dynamo.connect({ region: 'eu-central-1', dynamodbEndpoint: server.endpoint, tablePrefix: 'test-' });
    await dynamo.ensureTables();
    media = new MediaRepository(dynamo);
    keys = new IdempotencyKeys(dynamo);
    idempotency = new Idempotency(keys, media);
  });
  afterAll(async () => {
    dynamo.close();
    await server.stop();
  });
  beforeEach(() => {
    userId = `user-${(users += 1)}`;
    // leases and their renewal have a fake clock; the requests to the emulator have a real one
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => jest.useRealTimers());

  const begin = (key = 'key') => idempotency.begin(userId, key);
  /** Begins a request, which must be the first with its key. */
  const beginNew = async (key?: string) => {
    const result = await begin(key);
    if (result.outcome !== 'new') throw new Error('Expected a new run, but the key has a medium');
    return result.run;
  };
  const createMedium = (id: string) => media.create(aMedium({ userId, id }));

  it('answers a repeated request with the medium of the first', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    await run.complete();
    expect(await begin()).toMatchObject({ outcome: 'known', item: { id: run.mediaId } });
  });

  it('lets one of several parallel requests begin', async () => {
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => begin()));
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'idempotency_in_progress' } });
  });

  it('separates the keys of a user, and the users', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    await run.complete();
    expect(await begin('another key')).toMatchObject({ outcome: 'new' });
    userId = 'another user';
    expect(await begin()).toMatchObject({ outcome: 'new' });
  });

  it('renews the lease while the upload runs', async () => {
    await beginNew();
    const rowKey = IdempotencyKeys.keyOf(userId, 'key');
    for (let renewals = 0; renewals < 4; renewals += 1) {
      jest.advanceTimersByTime(LEASE_MS / 3);
      const leaseUntil = new Date(Date.now() + LEASE_MS).toISOString();
      await eventually(
        () => keys.find(rowKey),
        (row) => row?.leaseUntil === leaseUntil,
      );
    }
    await expect(begin()).rejects.toMatchObject(inProgress);
  });

  it('allows another upload after the lease of a crashed one, which can no longer end it', async () => {
    const crashed = await beginNew();
    crash();
    await expect(begin()).rejects.toMatchObject(inProgress);
    jest.advanceTimersByTime(LEASE_MS + 1);
    const next = await beginNew();
    expect(next.mediaId).not.toBe(crashed.mediaId);
    await crashed.complete();
    await crashed.release();
    await expect(begin()).rejects.toMatchObject(inProgress);
  });

  it('finds the medium of an upload that crashed before it could complete', async () => {
    const { mediaId } = await beginNew();
    await createMedium(mediaId);
    crash();
    expect(await begin()).toMatchObject({ outcome: 'known', item: { id: mediaId } });
  });

  it('is free again at once after a release, and renews nothing more', async () => {
    const run = await beginNew();
    await run.release();
    expect(jest.getTimerCount()).toBe(0);
    expect(await begin()).toMatchObject({ outcome: 'new' });
  });

  it('renews nothing more after the completion, which a late release does not undo', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    await run.complete();
    expect(jest.getTimerCount()).toBe(0);
    await run.release();
    expect(await begin()).toMatchObject({ outcome: 'known' });
  });

  it('revokes an upload whose write was ambiguous', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    expect(await run.revoke()).toBe(true);
    expect(await begin()).toMatchObject({ outcome: 'new' });
  });

  it('does not revoke an upload with whose medium another request was answered', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    expect(await begin()).toMatchObject({ outcome: 'known' });
    expect(await run.revoke()).toBe(false);
    expect(await begin()).toMatchObject({ outcome: 'known', item: { id: run.mediaId } });
  });

  it('allows another upload after the medium was deleted, and after 24 hours', async () => {
    const run = await beginNew();
    await createMedium(run.mediaId);
    await run.complete();
    jest.advanceTimersByTime(DAY_MS - 1_000);
    expect(await begin()).toMatchObject({ outcome: 'known' });
    jest.advanceTimersByTime(2_000);
    const second = await beginNew();
    await createMedium(second.mediaId);
    await second.complete();
    await media.markDeleted({ userId, id: second.mediaId });
    expect(await begin()).toMatchObject({ outcome: 'new' });
  });
});
