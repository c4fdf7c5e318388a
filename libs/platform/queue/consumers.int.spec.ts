import { Consumers, DependencyUnavailableError } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

const report = { userId: 'u', service: 'media' as const, counts: {}, done: true };

describe('Consumers', () => {
  let testQueue: TestQueue;
  beforeEach(async () => {
    testQueue = await startQueue();
  });
  afterEach(() => testQueue.stop());

  /** Runs one job through a handler that fails `times` times with `error`. */
  async function run(error: Error, times: number) {
    let calls = 0;
    const failures: string[] = [];
    const erased = async () => {
      calls += 1;
      if (calls <= times) throw error;
    };
    const consumers = new Consumers<'auth'>(
      { erased, passwordResets: async () => {} },
      {
        redisUrl: testQueue.redis.url,
        tablePrefix: 'test-',
        concurrency: 1,
        onFailure: (_queue, _job, { message }) => failures.push(message),
      },
    );
    await testQueue.queue.send('erased', report);
    await eventually(
      async () => calls,
      (count) => count === times + 1,
      20_000,
    );
    await eventually(
      () => testQueue.queue.has('erased', 'u.media.true'),
      (exists) => !exists,
    );
    await consumers.close();
    return failures;
  }

  it('retry with backoff during an outage, without counting failures', async () => {
    expect(await run(new DependencyUnavailableError('dynamodb', new Error('unavailable')), 3)).toEqual([]);
    expect(await testQueue.queue.counts('erased')).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  });

  it('retry a job whose handler threw, and report each failure', async () => {
    expect(await run(new Error('broken'), 2)).toEqual(['broken', 'broken']);
  });
});
