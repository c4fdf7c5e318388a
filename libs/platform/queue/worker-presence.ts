import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { withRedis } from '../redis/redis';

const REPORT_MS = 10_000;
/** Three missed reports: the process has ended, hangs, or cannot reach Redis. */
const ALIVE_MS = 30_000;

/** Which worker processes are alive: each reports every few seconds to a sorted set in Redis, by its latest report. */
export class WorkerPresence {
  private readonly key: string;
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    prefix: string,
  ) {
    this.key = `${prefix}workers`;
  }

  /** Reports this process until `stop`. */
  start(): void {
    const report = () => void this.report().catch(() => {}); // Redis is unavailable: the next report follows soon
    report();
    this.timer = setInterval(report, REPORT_MS);
  }

  /** Never rejects: without Redis the last report becomes too old by itself. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.redis.zrem(this.key, this.id).catch(() => {});
  }

  /** Returns the number of processes that reported lately. @throws {DependencyUnavailableError} */
  async count(now = Date.now()): Promise<number> {
    return withRedis(() => this.redis.zcount(this.key, now - ALIVE_MS, '+inf'));
  }

  private async report(): Promise<void> {
    const now = Date.now();
    await this.redis
      .multi()
      .zadd(this.key, now, this.id)
      .zremrangebyscore(this.key, '-inf', now - ALIVE_MS)
      .exec();
  }
}
