import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { withRedis } from '#platform';
import { ProblemError } from '../http/problem';

export interface ThrottleRule {
  /** Names the rule in Redis keys. */
  name: string;
  points: number;
  durationSeconds: number;
}

const WAIT_MS = 50;
const MAX_WAIT_MS = 8_000;

/**
 * Rate limiter of failures: `points` of them in `durationSeconds` for each key. An attempt reserves a point before it
 * is checked, so that of a burst of parallel guesses no more are checked than the rule allows; success releases the
 * point. Attempts that find all points reserved, but not failed, wait for the outcome of the others: a burst of valid
 * ones passes.
 */
export class Throttle {
  private readonly reserved: RateLimiterRedis;
  private readonly failed: RateLimiterRedis;

  constructor(redis: Redis, prefix: string, rule: ThrottleRule) {
    const options = { storeClient: redis, points: rule.points, duration: rule.durationSeconds };
    this.reserved = new RateLimiterRedis({ ...options, keyPrefix: `${prefix}throttle:${rule.name}` });
    this.failed = new RateLimiterRedis({ ...options, keyPrefix: `${prefix}throttle:${rule.name}:failed` });
  }

  /**
   * @throws {ProblemError} too_many_attempts with Retry-After
   * @throws {DependencyUnavailableError} while Redis is unavailable
   */
  async reserve(key: string): Promise<Attempt> {
    for (const deadline = Date.now() + MAX_WAIT_MS; ;) {
      const rejection = await this.consume(key);
      if (!rejection) break;
      const failed = await withRedis(() => this.failed.get(key));
      const isExhausted = (failed?.consumedPoints ?? 0) >= this.failed.points;
      if (isExhausted || Date.now() > deadline) throw tooManyAttempts(rejection.msBeforeNext);
      await sleep(WAIT_MS);
    }
    return {
      recordFailure: async () => void (await withRedis(() => this.failed.penalty(key))),
      release: async () => void (await withRedis(() => this.reserved.reward(key))),
    };
  }

  async forget(key: string): Promise<void> {
    await withRedis(() => Promise.all([this.reserved.delete(key), this.failed.delete(key)]));
  }

  private async consume(key: string): Promise<RateLimiterRes | null> {
    try {
      await this.reserved.consume(key);
      return null;
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) await withRedis(() => Promise.reject(rejection));
      await withRedis(() => this.reserved.reward(key)); // a rejected attempt consumes no point
      return rejection as RateLimiterRes;
    }
  }
}

/** A point that is reserved until the outcome of an attempt is known. */
export interface Attempt {
  recordFailure(): Promise<void>;
  release(): Promise<void>;
}

function tooManyAttempts(waitMs: number): ProblemError {
  return new ProblemError('too_many_attempts', {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
  });
}
