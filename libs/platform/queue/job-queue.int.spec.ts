import { connectRedis, DependencyUnavailableError } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

const wakeUp = (mediaId: string) => ({ userId: 'u', mediaId, round: 1 });

describe('JobQueue', () => {
  let testQueue: TestQueue;
  beforeEach(async () => {
    testQueue = await startQueue();
  });
  afterEach(() => testQueue.stop());

  it('fails its health check while Redis is unavailable or out of memory', async () => {
    const operator = connectRedis(testQueue.redis.url, 'waiting');
    await operator.config('SET', 'maxmemory', '1');
    await expect(testQueue.queue.check()).rejects.toThrow(DependencyUnavailableError);
    await operator.config('SET', 'maxmemory', '0');
    await testQueue.queue.check();
    operator.disconnect();
    await testQueue.redis.kill();
    await expect(testQueue.queue.check()).rejects.toThrow(DependencyUnavailableError);
  });

  it('sends deferred jobs once each as soon as Redis is available again', async () => {
    await testQueue.redis.kill();
    await Promise.all(['a', 'b', 'a'].map((id) => testQueue.queue.sendSoon('image', wakeUp(id))));
    await testQueue.redis.restart();
    await eventually(
      () => testQueue.queue.counts('image').catch(() => null),
      (counts) => counts?.waiting === 2,
      10_000,
    );
    await testQueue.queue.sendSoon('image', wakeUp('c'));
    expect((await testQueue.queue.counts('image')).waiting).toBe(3);
  });
});
