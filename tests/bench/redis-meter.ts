import type { Redis } from 'ioredis';

/** Calls of Redis since the last reading. */
export interface RedisUsage {
  /** Scripts: each is one round trip. */
  scripts: number;
  /** Calls by command, those inside scripts included. */
  byCommand: Record<string, number>;
}

/** Returns the calls since the last call of this function. */
export async function readRedis(redis: Redis): Promise<RedisUsage> {
  const stats = await redis.info('commandstats');
  await redis.config('RESETSTAT');
  const found = [...stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(
    ([, name, calls]) => [name!, Number(calls)] as const,
  );
  const byCommand = Object.fromEntries(found.filter(([name]) => !/^(info|config)/.test(name)));
  return { scripts: (byCommand.eval ?? 0) + (byCommand.evalsha ?? 0), byCommand };
}
