import { connectRedis, DependencyUnavailableError } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

const wakeUp = (mediaId: string) => ({ userId: 'u', mediaId, round: 1 });

describe('JobQueue', () => {
  let on: TestQueue;
  beforeEach(async () => {
    on = await startQueue();
  });
  afterEach(() => on.stop());

  it('says that Redis is not there, also when it answers but is full, and when it is again', async () => {
    const operator = connectRedis(on.redis.url, 'waiting');
    await operator.config('SET', 'maxmemory', '1');
    await expect(on.queue.check()).rejects.toThrow(DependencyUnavailableError);
    await operator.config('SET', 'maxmemory', '0');
    await on.queue.check();
    operator.disconnect();
    await on.redis.kill();
    await expect(on.queue.check()).rejects.toThrow(DependencyUnavailableError);
  });

  it('sends what Redis did not take as soon as it is there again, each once', async () => {
    await on.redis.kill();
    await Promise.all(['a', 'b', 'a'].map((id) => on.queue.sendSoon('image', wakeUp(id))));
    await on.redis.restart();
    await eventually(
      () => on.queue.counts('image').catch(() => null),
      (counts) => counts?.waiting === 2,
      10_000,
    );
    await on.queue.sendSoon('image', wakeUp('c'));
    expect((await on.queue.counts('image')).waiting).toBe(3);
  });
});
