import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { Redis } from 'ioredis';
import { withRedis } from '#platform';

const DAY_MS = 86_400_000;
export const IDLE_MS = 14 * DAY_MS;
export const ABSOLUTE_MS = 90 * DAY_MS;

export const sessionKey = (prefix: string, sid: string) => `${prefix}session:${sid}`;

/**
 * Session store in Redis. connect-redis expects a client with the API of the `redis` package; this adapts the shared
 * ioredis connection, whose command timeout also covers a Redis that hangs.
 */
export function sessionStore(redis: Redis, prefix: string): RedisStore {
  const client = {
    get: (key: string) => withRedis(() => redis.get(key)),
    set: (key: string, value: string, { expiration }: { expiration: { value: number } }) =>
      withRedis(() => redis.set(key, value, 'EX', expiration.value)),
    del: (keys: string[]) => withRedis(() => redis.del(keys)),
  };
  // no touch: a session is saved at most once a minute (see `Sessions.touch`), not at the end of each request
  return new RedisStore({ client, prefix: sessionKey(prefix, ''), ttl: secondsLeft, disableTouch: true });
}

/** Returns the TTL in seconds: 14 days idle, at most 90 days from the login. */
function secondsLeft(session: SessionData): number {
  return Math.ceil(Math.min(IDLE_MS, (session.createdAt ?? Date.now()) + ABSOLUTE_MS - Date.now()) / 1_000);
}
