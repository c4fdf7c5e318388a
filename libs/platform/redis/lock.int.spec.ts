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

  it('lets one in, also for longer than the time to live, and the next one after it', async () => {
    const done = Promise.withResolvers<void>();
    const first = locks.tryWith('long', 1_500, () => done.promise);
    await sleep(2_500);
    expect(await locks.tryWith('long', 1_500, async () => {})).toBe(false);
    done.resolve();
    expect(await first).toBe(true);
    expect(await locks.tryWith('long', 1_500, async () => {})).toBe(true);
  });

  it('is free again after its work failed, and passes the failure on', async () => {
    await expect(locks.tryWith('fails', 5_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await locks.tryWith('fails', 5_000, async () => {})).toBe(true);
  });

  it('is free again when its holder died', async () => {
    await redis.set('test-lock:dead', 'somebody', 'PX', 1_500);
    expect(await locks.tryWith('dead', 1_500, async () => {})).toBe(false);
    await sleep(1_600);
    expect(await locks.tryWith('dead', 1_500, async () => {})).toBe(true);
  });

  it('is given back once Redis is there again, when it was away at that moment', async () => {
    const connection = connectRedis(server.url, 'command');
    await once(connection, 'ready');
    const held = await new Locks(connection, 'test-').acquire('away', 60_000, { waitMs: 0 });
    await server.kill();
    await held.release();
    await server.restart();
    expect(await redis.exists('test-lock:away')).toBe(1);
    await eventually(
      () => redis.exists('test-lock:away'),
      (count) => count === 0,
      10_000,
    );
    connection.disconnect();
  });

  it('tells a holder that lost it, who then leaves the new holder alone', async () => {
    let reason: unknown;
    await locks.tryWith('stolen', 60, async (signal) => {
      await redis.set('test-lock:stolen', 'another');
      await once(signal, 'abort');
      reason = signal.reason;
    });
    expect(String(reason)).toContain('Lost the lock "stolen"');
    expect(await redis.get('test-lock:stolen')).toBe('another');
  });

  it('tells a holder that somebody waits, and gives it to the one who waited', async () => {
    const wanted = Promise.withResolvers<void>();
    const first = await locks.acquire('handed', 5_000, { waitMs: 0, onWanted: () => wanted.resolve() });
    const second = locks.acquire('handed', 5_000, { waitMs: 5_000 });
    await wanted.promise;
    await first.release();
    await (await second).release();
    expect(await redis.exists('test-lock:handed')).toBe(0);
  });

  it('asks less and less often while it waits', async () => {
    const held = await locks.acquire('crowded', 5_000, { waitMs: 0 });
    const asked = jest.spyOn(redis, 'set');
    await expect(locks.acquire('crowded', 5_000, { waitMs: 2_000 })).rejects.toThrow(LockTimeoutError);
    expect(asked.mock.calls.length).toBeLessThan(20); // it takes two commands each time
    asked.mockRestore();
    await held.release();
  });

  it('says that it waited in vain', async () => {
    const held = await locks.acquire('kept', 5_000, { waitMs: 0 });
    await expect(locks.acquire('kept', 5_000, { waitMs: 150 })).rejects.toThrow(LockTimeoutError);
    await held.release();
  });
});
