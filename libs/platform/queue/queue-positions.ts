import type { Redis } from 'ioredis';
import { mediaQueues, type MediaQueue } from '#contracts';
import { queuePrefix, withRedis } from '../redis/redis';
import { turnsKey } from './turns';

/** How many durations of a kind and size are kept, and for how long after the last of them. */
const KEPT_RUNS = 40;
const KEPT_SECONDS = 30 * 86_400;

/** A job of a kind and size. */
export interface SizedWork {
  queue: MediaQueue;
  sizeBytes: number;
}

/** The state of a queue, with the durations of its latest runs in seconds. */
export interface QueueState {
  waiting: number;
  active: number;
  runs: number[];
}

export interface QueueSnapshot {
  queues: Record<MediaQueue, QueueState>;
  /** How many jobs are before this one, at most the number of waiting jobs; null: it is not queued. */
  before(work: { queue: MediaQueue; id: string }): number | null;
  /** Durations of the latest runs of this kind and about this size, in seconds. */
  runs(work: SizedWork): number[];
}

/**
 * The waiting jobs by their {@link Turns} and the durations of recent runs, from which positions and estimates are
 * computed: O(log n) for a medium, and one round trip for a whole page. BullMQ's own sets have other ids. It is a hint:
 * entries lost with Redis return with the wake-ups that the sweep sends again.
 */
export class QueuePositions {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Records the duration of a run. @throws {DependencyUnavailableError} */
  async recordDuration(work: SizedWork, seconds: number): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const key of [this.runsKey(work.queue), this.runsKey(work.queue, work.sizeBytes)]) {
      pipeline
        .lpush(key, seconds.toFixed(2))
        .ltrim(key, 0, KEPT_RUNS - 1)
        .expire(key, KEPT_SECONDS);
    }
    await withRedis(() => pipeline.exec());
  }

  /** Reads positions and durations for `jobs` in one round trip. @throws {DependencyUnavailableError} */
  async snapshot(jobs: ReadonlyArray<SizedWork & { id: string }>): Promise<QueueSnapshot> {
    const sizes = [...new Set(jobs.map(({ queue, sizeBytes }) => this.runsKey(queue, sizeBytes)))];
    const replies = await this.execute([
      ...mediaQueues.flatMap((queue) => [
        ['llen', `${queuePrefix(this.prefix)}:${queue}:wait`], // returned jobs, and those of a worker that was killed
        ['zcard', `${queuePrefix(this.prefix)}:${queue}:prioritized`],
        ['llen', `${queuePrefix(this.prefix)}:${queue}:active`],
        ['lrange', this.runsKey(queue), '0', '-1'],
      ]),
      ...jobs.map(({ queue, id }) => ['zrank', turnsKey(this.prefix, queue), id]),
      ...sizes.map((key) => ['lrange', key, '0', '-1']),
    ]);
    const queues = mediaQueues.map((queue) => {
      const [first, others, active, runs] = replies.splice(0, 4) as [number, number, number, string[]];
      return [queue, { waiting: first + others, active, runs: runs.map(Number) }] as const;
    });
    const ranks = new Map(replies.splice(0, jobs.length).map((rank, at) => [jobs[at]!.id, rank as number | null]));
    const runs = new Map(replies.map((seconds, at) => [sizes[at]!, (seconds as string[]).map(Number)]));
    const states = Object.fromEntries(queues) as QueueSnapshot['queues'];
    return {
      queues: states,
      before: ({ queue, id }) => {
        const rank = ranks.get(id) ?? null;
        return rank === null ? null : Math.min(rank, states[queue].waiting);
      },
      runs: ({ queue, sizeBytes }) => runs.get(this.runsKey(queue, sizeBytes)) ?? [],
    };
  }

  private async execute(commands: string[][]): Promise<unknown[]> {
    return withRedis(async () => {
      const replies = (await this.redis.pipeline(commands).exec()) ?? [];
      return replies.map(([error, reply]) => {
        if (error) throw error;
        return reply;
      });
    });
  }

  /** Sizes in one class differ by a factor of four at most. */
  private runsKey(queue: MediaQueue, sizeBytes?: number): string {
    const size = sizeBytes === undefined ? 'all' : Math.floor(Math.log2(Math.max(1, sizeBytes)) / 2);
    return `${this.prefix}runs:${queue}:${size}`;
  }
}
