import { JobQueue, WorkPool, type WorkResult } from '#platform';
import { eventually, startRedis, type TestRedis } from '#testing';

describe('WorkPool', () => {
  let redis: TestRedis;
  let queue: JobQueue;
  beforeEach(async () => {
    redis = await startRedis();
    queue = new JobQueue(redis.url, 'test-');
    await eventually(() => queue.check().then(() => true, () => false), Boolean);
  });
  afterEach(async () => {
    await queue.close();
    await redis.stop();
  });

  const payload = { userId: 'u', mediaId: 'm', round: 2 };

  async function run(work: () => Promise<WorkResult>): Promise<void> {
    const handlers = { image: work, audio: work, video: work };
    const pool = new WorkPool(handlers, { redisUrl: redis.url, tablePrefix: 'test-', queues: ['image'], concurrency: 1, onError: () => {} });
    pool.start();
    await queue.send('image', payload);
    await eventually(() => queue.has('image', 'm.2'), (isThere) => !isThere);
    await pool.close();
  }

  it('keeps what was given up, with what it was about and the stack of its cause, for ops', async () => {
    await run(async () => ({ next: 'failed', error: new Error('three workers died with it') }));
    const [failed] = await queue.failures('image', 10);
    expect(failed).toMatchObject({ payload, reason: 'three workers died with it', stack: expect.stringContaining('work-pool.int.spec') });
    expect(Date.now() - failed!.at.getTime()).toBeLessThan(10_000);
  });

  it('keeps likewise what a handler throws', async () => {
    await run(() => Promise.reject(new TypeError('a mistake of ours')));
    expect(await queue.failures('image', 10)).toMatchObject([{ payload, reason: 'a mistake of ours', stack: expect.stringContaining('TypeError') }]);
  });

  it('keeps nothing of what is done', async () => {
    await run(async () => ({ next: 'done' }));
    expect(await queue.failures('image', 10)).toEqual([]);
  });
});
