import { connectRedis, DependencyUnavailableError, JobQueue } from '#platform';
import { eventually, startRedis, type TestRedis } from '#testing';

const wakeUp = (mediaId: string) => ({ userId: 'u', mediaId, round: 1 });

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

  it('sends what Redis did not take as soon as it is there again, each once', async () => {
    await redis.kill();
    await Promise.all(['a', 'b', 'a'].map((id) => queue.sendSoon('image', wakeUp(id))));
    await redis.restart();
    await eventually(() => queue.counts('image').catch(() => null), (counts) => counts?.waiting === 2, 10_000);
    await queue.sendSoon('image', wakeUp('c'));
    expect((await queue.counts('image')).waiting).toBe(3);
  });
});
