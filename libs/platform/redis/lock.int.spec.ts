import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { eventually, startRedis, type TestRedis } from '#testing';
import { Locks, LockTimeoutError } from './lock';
import { connectRedis } from './redis';

describe('Locks', () => {
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

  it('allows one holder, also for longer than the time to live, and the next one after its release', async () => {
    const done = Promise.withResolvers<void>();
    const first = locks.tryWith('long', 1_500, () => done.promise);
    await sleep(2_500);
    expect(await locks.tryWith('long', 1_500, async () => {})).toBe(false);
    done.resolve();
    expect(await first).toBe(true);
    expect(await locks.tryWith('long', 1_500, async () => {})).toBe(true);
  });

  it('is released after its work failed, and rethrows the error', async () => {
    await expect(locks.tryWith('fails', 5_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await locks.tryWith('fails', 5_000, async () => {})).toBe(true);
  });

  it('notices that Redis has lost its data until the work for it has succeeded', async () => {
    const losses: boolean[] = [];
    const notice = () => locks.noticingLoss('sweep', async (isLost) => void losses.push(isLost));
    await expect(locks.noticingLoss('sweep', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await notice();
    await notice();
    await redis.flushall();
    await notice();
    expect(losses).toEqual([true, false, true]);
  });

  it('expires when its holder crashed', async () => {
    await redis.set('test-lock:crashed', 'another', 'PX', 1_500);
    expect(await locks.tryWith('crashed', 1_500, async () => {})).toBe(false);
    await sleep(1_600);
    expect(await locks.tryWith('crashed', 1_500, async () => {})).toBe(true);
  });

  it('is released once Redis is available again, when it was unavailable at first', async () => {
    const connection = connectRedis(server.url, 'command');
    await once(connection, 'ready');
    const held = await new Locks(connection, 'test-').acquire('outage', 60_000, { waitMs: 0 });
    await server.kill();
    await held.release();
    await server.restart();
    expect(await redis.exists('test-lock:outage')).toBe(1);
    await eventually(
      () => redis.exists('test-lock:outage'),
      (count) => count === 0,
      10_000,
    );
    connection.disconnect();
  });

  it('aborts the work of a holder that lost it, and does not release the lock of the new holder', async () => {
    let reason: unknown;
    await locks.tryWith('stolen', 60, async (signal) => {
      await redis.set('test-lock:stolen', 'another');
      await once(signal, 'abort');
      reason = signal.reason;
    });
    expect(String(reason)).toContain('Lost the lock "stolen"');
    expect(await redis.get('test-lock:stolen')).toBe('another');
  });

  it('notifies its holder of a waiting process, which acquires it after the release', async () => {
    const wanted = Promise.withResolvers<void>();
    const first = await locks.acquire('handed', 5_000, { waitMs: 0, onWanted: () => wanted.resolve() });
    const second = locks.acquire('handed', 5_000, { waitMs: 5_000 });
    await wanted.promise;
    await first.release();
    await (await second).release();
    expect(await redis.exists('test-lock:handed')).toBe(0);
  });

  it('waits with backoff', async () => {
    const held = await locks.acquire('crowded', 5_000, { waitMs: 0 });
    const set = jest.spyOn(redis, 'set');
    await expect(locks.acquire('crowded', 5_000, { waitMs: 2_000 })).rejects.toThrow(LockTimeoutError);
    expect(set.mock.calls.length).toBeLessThan(20); // two commands per attempt
    set.mockRestore();
    await held.release();
  });

  it('rejects with a timeout error after the waiting time', async () => {
    const held = await locks.acquire('kept', 5_000, { waitMs: 0 });
    await expect(locks.acquire('kept', 5_000, { waitMs: 150 })).rejects.toThrow(LockTimeoutError);
    await held.release();
  });
});
