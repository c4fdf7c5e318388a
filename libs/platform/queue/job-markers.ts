import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { WorkQueue } from '#contracts';
import { connectRedis, queuePrefix } from '../redis/redis';

/** A response that is later than this belongs to a dead connection. */
const OVERDUE_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * Waits for jobs of several queues in one blocking command: BullMQ sets a marker beside a queue when a job of it can be
 * taken, or with the time at which its next delayed job is due, and its own workers block on it in the same way.
 */
export class JobMarkers {
  private readonly redis: Redis;
  /** In the order in which they are looked at: that of the latest marker is last. */
  private keys: string[];
  /** When the next delayed job of a queue is due, whose marker was removed before. */
  private readonly dueAt = new Map<string, number>();

  /** Opens a connection of its own, which the command blocks. */
  constructor(
    redisUrl: string,
    private readonly tablePrefix: string,
    private readonly queues: readonly WorkQueue[],
  ) {
    this.redis = connectRedis(redisUrl, 'waiting');
    this.keys = queues.map((queue) => keyOf(tablePrefix, queue));
  }

  /**
   * Resolves when a job of a queue may be taken; the queues in turn, where several are marked.
   * @returns the queue, whose marker it has removed
   * @throws when Redis is unavailable, or the connection was closed
   */
  async wait(): Promise<WorkQueue> {
    for (;;) {
      const [key, at] = this.nextDue() ?? (await this.pop()) ?? [];
      if (!key || at === undefined) continue;
      if (at <= Date.now()) {
        this.dueAt.delete(key);
        this.keys = [...this.keys.filter((other) => other !== key), key];
        return this.queues.find((queue) => keyOf(this.tablePrefix, queue) === key)!;
      }
      this.dueAt.set(key, Math.min(at, this.dueAt.get(key) ?? at));
    }
  }

  close(): void {
    this.redis.disconnect();
  }

  private nextDue(): [key: string, at: number] | undefined {
    return [...this.dueAt].find(([, at]) => at <= Date.now());
  }

  /** Resolves to null after some time without a marker, or when the next delayed job is due. */
  private async pop(): Promise<[key: string, at: number] | null> {
    const maxMs = Math.max(1, Math.min(LONGEST_WAIT_MS, ...[...this.dueAt.values()].map((at) => at - Date.now())));
    const answered = new AbortController();
    const overdue = sleep(maxMs + OVERDUE_MS, undefined, { signal: answered.signal }).then(
      () => this.redis.disconnect(true),
      () => {},
    );
    try {
      const popped = await Promise.race([this.redis.bzpopmin(...this.keys, maxMs / 1_000), overdue.then(() => null)]);
      return popped && [popped[0], Number(popped[2])];
    } finally {
      answered.abort();
    }
  }
}

/** Sets the markers of queues, as BullMQ does when a job is added. @param redis a connection that is not blocked */
export async function mark(redis: Redis, tablePrefix: string, queues: readonly WorkQueue[]): Promise<void> {
  const commands = redis.pipeline();
  for (const queue of queues) commands.zadd(keyOf(tablePrefix, queue), 0, '0');
  await commands.exec();
}

const keyOf = (tablePrefix: string, queue: WorkQueue) => `${queuePrefix(tablePrefix)}:${queue}:marker`;
