import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis, Locks } from '#platform';
import { startRedis, type TestRedis } from '#testing';
import { ScheduledJob } from './scheduled-job';

/** A job whose sweep never ends by itself. */
class EndlessSweep extends ScheduledJob {
  readonly started = Promise.withResolvers<void>();

  constructor(locks: Locks) {
    super(locks, { name: 'endless', everyMs: 10, lockMs: 5_000 });
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    this.started.resolve();
    for (; ; await sleep(5)) if (signal?.aborted) return;
  }
}

describe('ScheduledJob', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('does not delay a shutdown and releases its lock', async () => {
    const redis = connectRedis(server.url, 'command');
    await once(redis, 'ready');
    const locks = new Locks(redis, 'test-');
    const sweep = new EndlessSweep(locks);
    sweep.onApplicationBootstrap();
    await sweep.started.promise;
    expect(await locks.tryWith('endless', 5_000, async () => {})).toBe(false);
    await sweep.onModuleDestroy();
    expect(await locks.tryWith('endless', 5_000, async () => {})).toBe(true);
    redis.disconnect();
  });
});
