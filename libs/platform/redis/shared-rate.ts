import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { withRedis } from './redis';

/** Limits the rate of requests to a service, over all processes together: the quotas of AWS count per account. */
export class SharedRate {
  private readonly limiter: RateLimiterRedis;

  /** @param perSecond for each key; quotas of AWS allow short bursts, so windows of a second are exact enough */
  constructor(redis: Redis, prefix: string, perSecond: number) {
    this.limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `${prefix}rate`,
      points: perSecond,
      duration: 1,
    });
  }

  /**
   * Resolves when a request may be sent.
   * @throws the reason of `signal` @throws {DependencyUnavailableError} while Redis is unavailable
   */
  async take(key: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const rejection = await this.consume(key);
      if (!rejection) return;
      // a random pause: otherwise all that wait would ask at the same moment
      const pause = rejection.msBeforeNext * (1 + Math.random());
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  private async consume(key: string): Promise<RateLimiterRes | null> {
    try {
      await this.limiter.consume(key);
      return null;
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return rejection;
      return withRedis(() => Promise.reject(rejection));
    }
  }
}
