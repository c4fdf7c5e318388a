import { Redis, type RedisOptions } from 'ioredis';
import { DependencyUnavailableError } from '../errors';

/**
 * `command`: fails fast, so that a request never hangs on a Redis that is away or hangs (`enableOfflineQueue` covers the
 * first, `commandTimeout` the second). `waiting`: for consumers, which wait for as long as it takes.
 */
const profiles = {
  command: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2_000 },
  waiting: { maxRetriesPerRequest: null },
} as const satisfies Record<string, RedisOptions>;

/** Key prefix of BullMQ's keys: installations that share a Redis stay apart by their table prefix. */
export const queuePrefix = (tablePrefix: string) => `${tablePrefix}jobs`;

/** A connection that never gives up reconnecting. Errors are reported by the commands that meet them. */
export function connectRedis(url: string, profile: keyof typeof profiles): Redis {
  const redis = new Redis(url, {
    ...profiles[profile],
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
  redis.on('error', () => {}); // without a listener ioredis prints each refused connection
  return redis;
}

/** Runs commands; whatever goes wrong on the way is {@link DependencyUnavailableError}. */
export async function withRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (error) {
    throw new DependencyUnavailableError('redis', error);
  }
}
