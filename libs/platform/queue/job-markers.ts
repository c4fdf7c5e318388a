import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { WorkQueue } from '#contracts';
import { connectRedis, queuePrefix } from '../redis/redis';

/** A response that is later than this belongs to a dead connection. */
const OVERDUE_MS = 5_000;

/**
 * Waits for jobs of several queues in one blocking command: BullMQ sets a marker beside a queue when a job of it can be
 * taken, or with the time at which its next delayed job is due, and its own workers block on it in the same way.
 */
export class JobMarkers {
  private readonly redis: Redis;
  private readonly keys: string[];
  private dueAt = Number.POSITIVE_INFINITY;

  /** Opens a connection of its own, which the command blocks. */
  constructor(
    redisUrl: string,
    private readonly tablePrefix: string,
    queues: readonly WorkQueue[],
  ) {
    this.redis = connectRedis(redisUrl, 'waiting');
    this.keys = queues.map((queue) => this.keyOf(queue));
  }

  /**
   * Resolves when a job may be taken, at the latest after `maxMs`.
   * @returns whether it has removed a marker
   * @throws when Redis is unavailable, or the connection was closed
   */
  async wait(maxMs: number): Promise<boolean> {
    const endsAt = Date.now() + maxMs;
    for (;;) {
      const leftMs = Math.min(endsAt, this.dueAt) - Date.now();
      if (leftMs <= 0) {
        if (this.dueAt <= Date.now()) this.dueAt = Number.POSITIVE_INFINITY;
        return false;
      }
      const marker = await this.pop(leftMs);
      if (!marker) continue;
      const at = Number(marker[2]);
      if (at <= Date.now()) return true;
      this.dueAt = Math.min(this.dueAt, at);
    }
  }

  /** Sets the marker of a queue again, for another waiter. */
  async restore(queue: WorkQueue): Promise<void> {
    await this.redis.zadd(this.keyOf(queue), 0, '0');
  }

  close(): void {
    this.redis.disconnect();
  }

  private async pop(maxMs: number): Promise<[key: string, member: string, score: string] | null> {
    const answered = new AbortController();
    const overdue = sleep(maxMs + OVERDUE_MS, undefined, { signal: answered.signal }).then(
      () => this.redis.disconnect(true),
      () => {},
    );
    try {
      const popped = this.redis.bzpopmin(...this.keys, maxMs / 1_000);
      return await Promise.race([popped, overdue.then(() => null)]);
    } finally {
      answered.abort();
    }
  }

  private keyOf(queue: WorkQueue): string {
    return `${queuePrefix(this.tablePrefix)}:${queue}:marker`;
  }
}
