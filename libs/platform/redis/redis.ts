import { Redis, type RedisOptions } from 'ioredis';
import { DependencyUnavailableError } from '../errors';

/**
 * `command`: fails fast, so that a request never waits for a Redis that is unreachable (`enableOfflineQueue`) or does
 * not respond (`commandTimeout`). `waiting`: for consumers, which retry without limit.
 */
const profiles = {
  command: { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2_000 },
  waiting: { maxRetriesPerRequest: null },
} as const satisfies Record<string, RedisOptions>;

/** The prefix of BullMQ's keys: installations that share a Redis are separated by their table prefix. */
export const queuePrefix = (tablePrefix: string) => `${tablePrefix}jobs`;

/** Opens a connection that reconnects without limit. Errors are reported by the commands that fail. */
export function connectRedis(url: string, profile: keyof typeof profiles): Redis {
  const redis = new Redis(url, {
    ...profiles[profile],
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  });
  redis.on('error', () => {}); // without a listener ioredis logs each refused connection
  return redis;
}

/** Runs commands; every error becomes a {@link DependencyUnavailableError}. */
export async function withRedis<T>(commands: () => Promise<T>): Promise<T> {
  try {
    return await commands();
  } catch (error) {
    throw new DependencyUnavailableError('redis', error);
  }
}
