import { WorkerPool, type WorkResult } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

describe('WorkPool', () => {
  let on: TestQueue;
  beforeEach(async () => {
    on = await startQueue();
  });
  afterEach(() => on.stop());

  const payload = { userId: 'u', mediaId: 'm', round: 2 };

  async function run(work: () => Promise<WorkResult>): Promise<void> {
    const handlers = { image: work, audio: work, video: work };
    const pool = new WorkerPool(handlers, {
      redisUrl: on.redis.url,
      tablePrefix: 'test-',
      queues: ['image'],
      concurrency: 1,
      onError: () => {},
    });
    pool.start();
    await on.queue.send('image', payload);
    await eventually(
      () => on.queue.has('image', 'm.2'),
      (isThere) => !isThere,
    );
    await pool.close();
  }

  it('keeps what was given up, with what it was about and the stack of its cause, for ops', async () => {
    await run(async () => ({ next: 'failed', error: new Error('three workers died with it') }));
    const [failed] = await on.queue.failures('image', 10);
    expect(failed).toMatchObject({
      payload,
      reason: 'three workers died with it',
      stack: expect.stringContaining('worker-pool.int.spec'),
    });
    expect(Date.now() - failed!.at.getTime()).toBeLessThan(10_000);
  });

  it('keeps likewise what a handler throws', async () => {
    await run(() => Promise.reject(new TypeError('a mistake of ours')));
    expect(await on.queue.failures('image', 10)).toMatchObject([
      { payload, reason: 'a mistake of ours', stack: expect.stringContaining('TypeError') },
    ]);
  });

  it('keeps nothing of what is done', async () => {
    await run(async () => ({ next: 'done' }));
    expect(await on.queue.failures('image', 10)).toEqual([]);
  });
});
