import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { connectRedis, Locks } from '#platform';
import { startRedis, type TestRedis } from '#testing';
import { UploadLocker, uploadLockName } from './request-store';

describe('UploadLocker', () => {
  let server: TestRedis;
  let redis: Redis;
  let locks: Locks;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, 'waiting');
    locks = new Locks(redis, 'test-');
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('rejects with the problem upload_locked when the lock is not released in time', async () => {
    const held = await locks.acquire(uploadLockName('locked'), 5_000, { waitMs: 0 });
    await expect(new UploadLocker(locks, 50).runExclusive('locked', async () => 'work')).rejects.toMatchObject({
      code: 'upload_locked',
      status: 423,
    });
    await held.release();
    expect(await new UploadLocker(locks, 50).runExclusive('locked', async () => 'work')).toBe('work');
  });

  it('cancels a request that has lost its lock, and leaves the lock of the new holder', async () => {
    const cancelled = new EventTarget();
    const lock = new UploadLocker(locks).newLock('lost');
    await lock.lock(new AbortController().signal, () => void cancelled.dispatchEvent(new Event('cancel')));
    const cancellation = once(cancelled, 'cancel');
    await redis.set(`test-lock:${uploadLockName('lost')}`, 'another');
    await cancellation;
    await lock.unlock();
    expect(await redis.get(`test-lock:${uploadLockName('lost')}`)).toBe('another');
  });
});
