import { connectRedis, DependencyUnavailableError, JobQueue } from '#platform';
import { eventually, startRedis, type TestRedis } from '#testing';

describe('JobQueue', () => {
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

  it('says that Redis is not there, also when it answers but is full, and when it is again', async () => {
    const operator = connectRedis(redis.url, 'waiting');
    await operator.config('SET', 'maxmemory', '1');
    await expect(queue.check()).rejects.toThrow(DependencyUnavailableError);
    await operator.config('SET', 'maxmemory', '0');
    await queue.check();
    operator.disconnect();
    await redis.kill();
    await expect(queue.check()).rejects.toThrow(DependencyUnavailableError);
  });
});
