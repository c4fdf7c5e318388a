import { JobQueue } from '#platform';
import { eventually } from '../client/api-client';
import { startRedis, type TestRedis } from './redis';

export interface TestQueue {
  redis: TestRedis;
  queue: JobQueue;
  stop(): Promise<void>;
}

/** Starts a queue on its own Redis, with table prefix `test-`. */
export async function startQueue(): Promise<TestQueue> {
  const redis = await startRedis();
  const queue = new JobQueue(redis.url, 'test-');
  await eventually(
    () =>
      queue.check().then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  const stop = async () => {
    await queue.close();
    await redis.stop();
  };
  return { redis, queue, stop };
}
