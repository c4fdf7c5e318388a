import { Consumers, DependencyUnavailableError } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

const report = { userId: 'u', service: 'media' as const, counts: {}, done: true };

describe('Consumers', () => {
  let on: TestQueue;
  beforeEach(async () => {
    on = await startQueue();
  });
  afterEach(() => on.stop());

  /** Runs one job through a handler that fails so often with `error`. */
  async function run(error: Error, times: number) {
    let calls = 0;
    const failures: string[] = [];
    const erased = async () => {
      calls += 1;
      if (calls <= times) throw error;
    };
    const consumers = new Consumers<'auth'>(
      { erased },
      {
        redisUrl: on.redis.url,
        tablePrefix: 'test-',
        concurrency: 1,
        onFailure: (_queue, _job, { message }) => failures.push(message),
      },
    );
    await on.queue.send('erased', report);
    await eventually(
      async () => calls,
      (count) => count === times + 1,
      20_000,
    );
    await eventually(
      () => on.queue.has('erased', 'u.media.true'),
      (isThere) => !isThere,
    );
    await consumers.close();
    return failures;
  }

  it('rest through an outage, which counts as nothing', async () => {
    expect(await run(new DependencyUnavailableError('dynamodb', new Error('away')), 3)).toEqual([]);
    expect(await on.queue.counts('erased')).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
  });

  it('try again what broke, and tell', async () => {
    expect(await run(new Error('broken'), 2)).toEqual(['broken', 'broken']);
  });
});
