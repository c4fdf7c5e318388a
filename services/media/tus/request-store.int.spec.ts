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

  it('refuses in the words of the API when the upload stays taken', async () => {
    const held = await locks.acquire(uploadLockName('taken'), 5_000, { waitMs: 0 });
    await expect(new UploadLocker(locks, 50).alone('taken', async () => 'work')).rejects.toMatchObject({
      code: 'upload_locked',
      status: 423,
    });
    await held.release();
    expect(await new UploadLocker(locks, 50).alone('taken', async () => 'work')).toBe('work');
  });

  it('lets a request go that lost its upload to another one', async () => {
    const cancelled = new EventTarget();
    const lock = new UploadLocker(locks).newLock('lost');
    await lock.lock(new AbortController().signal, () => void cancelled.dispatchEvent(new Event('cancel')));
    const seen = once(cancelled, 'cancel');
    await redis.set(`test-lock:${uploadLockName('lost')}`, 'another');
    await seen;
    await lock.unlock();
    expect(await redis.get(`test-lock:${uploadLockName('lost')}`)).toBe('another');
  });
});
