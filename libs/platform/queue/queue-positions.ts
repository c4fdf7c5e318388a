import type { Redis } from 'ioredis';
import { workQueues, type WorkQueue } from '#contracts';
import { queuePrefix, withRedis } from '../redis/redis';

/** How many past runs of a kind and size are remembered, and for how long after the last of them. */
const KEPT_RUNS = 40;
const KEPT_SECONDS = 30 * 86_400;

/** Work of a kind and size; waiting under an id, or done. */
export interface SizedWork {
  queue: WorkQueue;
  sizeBytes: number;
}

/** A queue as it stands, with the seconds that its latest runs took. */
export interface QueueState {
  waiting: number;
  active: number;
  runs: number[];
}

export interface QueueSnapshot {
  lines: Record<WorkQueue, QueueState>;
  /** How many are before it, never more than there are jobs; null: it is in no line. */
  before(work: { queue: WorkQueue; id: string }): number | null;
  /** Seconds that the latest runs of this kind and about this size took. */
  runs(work: SizedWork): number[];
}

const lineKey = (prefix: string, queue: WorkQueue) => `${prefix}line:${queue}`;

/** Joins at the end, unless it is in the line already. For whoever sends its job. */
export async function enqueue(redis: Redis, prefix: string, queue: WorkQueue, id: string): Promise<void> {
  await redis.zadd(lineKey(prefix, queue), 'NX', Date.now(), id);
}

/** For whoever takes its job, or is done with it. */
export async function dequeue(redis: Redis, prefix: string, queue: WorkQueue, id: string): Promise<void> {
  await redis.zrem(lineKey(prefix, queue), id);
}

/**
 * Who waits for a worker, in order, and how long work took lately: what a position and a time left are told from. BullMQ's
 * own list answers "how many are before this one" by walking it; a sorted set beside it answers at once, for a whole page
 * of media. It is a hint: what gets lost with Redis comes back with the wake-ups that the sweeper sends again.
 */
export class QueuePositions {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  /** Remembers how long a run took. @throws {DependencyUnavailableError} */
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

  /** Everything about these, in one round trip. @throws {DependencyUnavailableError} */
  async snapshot(asked: ReadonlyArray<SizedWork & { id: string }>): Promise<QueueSnapshot> {
    const sizes = [...new Set(asked.map(({ queue, sizeBytes }) => this.runsKey(queue, sizeBytes)))];
    const answers = await this.ask([
      ...workQueues.flatMap((queue) => [
        ['llen', `${queuePrefix(this.prefix)}:${queue}:wait`],
        ['llen', `${queuePrefix(this.prefix)}:${queue}:active`],
        ['lrange', this.runsKey(queue), '0', '-1'],
      ]),
      ...asked.map(({ queue, id }) => ['zrank', lineKey(this.prefix, queue), id]),
      ...sizes.map((key) => ['lrange', key, '0', '-1']),
    ]);
    const lines = workQueues.map((queue) => {
      const [waiting, active, runs] = answers.splice(0, 3) as [number, number, string[]];
      return [queue, { waiting, active, runs: runs.map(Number) }] as const;
    });
    const ranks = new Map(answers.splice(0, asked.length).map((rank, at) => [asked[at]!.id, rank as number | null]));
    const runs = new Map(answers.map((seconds, at) => [sizes[at]!, (seconds as string[]).map(Number)]));
    const states = Object.fromEntries(lines) as QueueSnapshot['lines'];
    return {
      lines: states,
      before: ({ queue, id }) => {
        const rank = ranks.get(id) ?? null;
        return rank === null ? null : Math.min(rank, states[queue].waiting);
      },
      runs: ({ queue, sizeBytes }) => runs.get(this.runsKey(queue, sizeBytes)) ?? [],
    };
  }

  private async ask(commands: string[][]): Promise<unknown[]> {
    const answers = await withRedis(async () => (await this.redis.pipeline(commands).exec()) ?? []);
    return answers.map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
  }

  /** Files of one class differ by a factor of four at most. */
  private runsKey(queue: WorkQueue, sizeBytes?: number): string {
    const size = sizeBytes === undefined ? 'all' : Math.floor(Math.log2(Math.max(1, sizeBytes)) / 2);
    return `${this.prefix}runs:${queue}:${size}`;
  }
}
