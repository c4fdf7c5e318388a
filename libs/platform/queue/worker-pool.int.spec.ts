import { WorkerPool, type WorkResult } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

describe('WorkerPool', () => {
  let testQueue: TestQueue;
  beforeEach(async () => {
    testQueue = await startQueue();
  });
  afterEach(() => testQueue.stop());

  const payload = { userId: 'u', mediaId: 'm', round: 2 };

  async function run(work: () => Promise<WorkResult>): Promise<void> {
    const handlers = { image: work, audio: work, video: work };
    const pool = new WorkerPool(handlers, {
      redisUrl: testQueue.redis.url,
      tablePrefix: 'test-',
      queues: ['image'],
      concurrency: 1,
      onError: () => {},
    });
    pool.start();
    await testQueue.queue.send('image', payload);
    await eventually(
      () => testQueue.queue.has('image', 'm.2'),
      (exists) => !exists,
    );
    await pool.close();
  }

  it('keeps a failed job for the operator, with its payload and the stack of its error', async () => {
    await run(async () => ({ next: 'failed', error: new Error('three workers crashed on it') }));
    const [failed] = await testQueue.queue.failures('image', 10);
    expect(failed).toMatchObject({
      payload,
      reason: 'three workers crashed on it',
      stack: expect.stringContaining('worker-pool.int.spec'),
    });
    expect(Date.now() - failed!.at.getTime()).toBeLessThan(10_000);
  });

  it('keeps a job whose handler threw', async () => {
    await run(() => Promise.reject(new TypeError('a bug')));
    expect(await testQueue.queue.failures('image', 10)).toMatchObject([
      { payload, reason: 'a bug', stack: expect.stringContaining('TypeError') },
    ]);
  });

  it('removes a completed job', async () => {
    await run(async () => ({ next: 'done' }));
    expect(await testQueue.queue.failures('image', 10)).toEqual([]);
  });
});
