import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { isWorkQueue, queues, type JobPayload, type QueueName } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { connectRedis, queuePrefix, withRedis } from '../redis/redis';
import { enqueue } from './queue-positions';

const CHECKED_MS = 10_000;
/** What Redis did not take is kept up to this number, and tried again after this time. */
const MAX_KEPT = 10_000;
const AGAIN_MS = 500;

export const queueNames = Object.keys(queues) as QueueName[];

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

/** A job that was given up. */
export interface FailedJob {
  payload: Record<string, unknown>;
  reason: string;
  stack: string;
  at: Date;
}

/** Sends jobs. A wake-up at best: the truth is in the tables, and the sweepers send again what got lost. */
export class JobQueue {
  private readonly redis: Redis;
  private readonly open: Record<QueueName, Queue>;
  private readonly kept = new Map<string, () => Promise<void>>();
  private isResending = false;
  private isClosed = false;

  constructor(
    redisUrl: string,
    private readonly tablePrefix: string,
  ) {
    this.redis = connectRedis(redisUrl, 'command');
    const options = {
      connection: this.redis,
      prefix: queuePrefix(tablePrefix),
      skipWaitingForReady: true,
      skipVersionCheck: true,
    };
    this.open = Object.fromEntries(
      queueNames.map((name) => [name, new Queue(name, options).on('error', () => {})]),
    ) as Record<QueueName, Queue>;
  }

  /**
   * Adds a job unless the same one (see `dedupe` in the job map) is waiting or running.
   * @throws {DependencyUnavailableError} when Redis did not take it.
   */
  async send<Q extends QueueName>(name: Q, payload: JobPayload<Q>): Promise<void> {
    const { payload: schema, attempts, backoffMs } = queues[name];
    const data = schema.parse(payload);
    const id = dedupeId(name, data);
    const options = {
      attempts,
      backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
      // by deduplication, not by jobId: a kept failed job of the same jobId would swallow every later add
      deduplication: { id },
      removeOnComplete: true,
      removeOnFail: { count: 1_000, age: 14 * 86_400 },
    };
    if (isWorkQueue(name)) void enqueue(this.redis, this.tablePrefix, name, id).catch(() => {}); // a hint: nothing depends on it
    await withRedis(() => this.open[name].add(name, data, options));
  }

  /** As `send`, but never rejects: what Redis does not take now it gets as soon as it does. Where this process ends before, a sweeper sends it. */
  async sendSoon<Q extends QueueName>(name: Q, payload: JobPayload<Q>): Promise<void> {
    await this.send(name, payload).catch((error: unknown) => {
      if (!(error instanceof DependencyUnavailableError)) return; // a mistake of ours, which no waiting mends: the sweeper meets it and tells
      if (this.kept.size < MAX_KEPT)
        this.kept.set(`${name} ${dedupeId(name, payload)}`, () => this.send(name, payload));
      void this.resend();
    });
  }

  /** Whether a job waits or runs, by what makes two jobs the same. */
  async has(name: QueueName, dedupeId: string): Promise<boolean> {
    return (await withRedis(() => this.open[name].getDeduplicationJobId(dedupeId))) !== null;
  }

  async counts(name: QueueName): Promise<QueueCounts> {
    const counts = await withRedis(() =>
      this.open[name].getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
    );
    return {
      waiting: (counts.wait ?? 0) + (counts.prioritized ?? 0),
      active: counts.active ?? 0,
      delayed: counts.delayed ?? 0,
      failed: counts.failed ?? 0,
    };
  }

  /** The latest jobs that were given up, newest first, with what they were about and the stack of what broke them. */
  async failures(name: QueueName, limit: number): Promise<FailedJob[]> {
    const jobs = await withRedis(() => this.open[name].getJobs(['failed'], 0, limit - 1));
    return jobs.map(({ data, failedReason, stacktrace, finishedOn }) => ({
      payload: data as Record<string, unknown>,
      reason: failedReason,
      stack: stacktrace?.at(-1) ?? '',
      at: new Date(finishedOn ?? 0),
    }));
  }

  /** When the job that waits longest was sent. */
  async oldestWaitingAt(name: QueueName): Promise<Date | null> {
    const [oldest] = await withRedis(() => this.open[name].getJobs(['wait'], 0, 0, true));
    return oldest ? new Date(oldest.timestamp) : null;
  }

  /** Rejects when Redis takes nothing now: one that is full answers, but keeps no session and no job. */
  async check(): Promise<void> {
    await withRedis(() => this.redis.set(`${this.tablePrefix}health`, '1', 'PX', CHECKED_MS));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(Object.values(this.open).map((queue) => queue.close()));
    this.redis.disconnect();
  }

  private async resend(): Promise<void> {
    if (this.isResending) return;
    this.isResending = true;
    for (let next = first(this.kept); next && !this.isClosed; next = first(this.kept)) {
      const [id, send] = next;
      const isTaken = await send().then(
        () => true,
        () => false,
      );
      if (isTaken) this.kept.delete(id);
      else await sleep(AGAIN_MS, undefined, { ref: false });
    }
    this.isResending = false;
  }
}

const first = <K, V>(map: Map<K, V>) => map.entries().next().value;

const dedupeId = (name: QueueName, payload: unknown) => (queues[name].dedupe as (payload: unknown) => string)(payload);
