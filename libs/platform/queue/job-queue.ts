import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { isWorkQueue, queues, type JobPayload, type ProcessMedia, type QueueName } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { connectRedis, queuePrefix, withRedis } from '../redis/redis';
import { makeQueueBoard } from './queue-board';
import { Turns } from './turns';

const HEALTH_KEY_TTL_MS = 10_000;
/** Jobs that could not be sent to Redis are kept in memory up to this number, and retried at this interval. */
const MAX_DEFERRED = 10_000;
const RETRY_MS = 500;

export const queueNames = Object.keys(queues) as QueueName[];

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

/** A job in the failed set. */
export interface FailedJob {
  payload: Record<string, unknown>;
  reason: string;
  stack: string;
  at: Date;
}

/** Sends jobs, best effort: the tables are the source of truth, and sweeps send lost jobs again. */
export class JobQueue {
  private readonly redis: Redis;
  private readonly turns: Turns;
  private readonly open: Record<QueueName, Queue>;
  private readonly deferred = new Map<string, () => Promise<void>>();
  private isResending = false;
  private isClosed = false;

  constructor(
    redisUrl: string,
    private readonly tablePrefix: string,
  ) {
    this.redis = connectRedis(redisUrl, 'command');
    this.turns = new Turns(this.redis, tablePrefix);
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
   * Adds a job unless one with the same deduplication id (`dedupe` in the job map) is waiting or running.
   * @throws {DependencyUnavailableError} when Redis did not confirm it.
   */
  async send<Q extends QueueName>(name: Q, payload: JobPayload<Q>): Promise<void> {
    const { payload: schema, attempts, backoffMs } = queues[name];
    const data = schema.parse(payload);
    const id = dedupeId(name, data);
    const options = {
      attempts,
      backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
      // deduplication, not jobId: BullMQ ignores an added job while a failed one with the same jobId is kept
      deduplication: { id },
      removeOnComplete: true,
      removeOnFail: { count: 1_000, age: 14 * 86_400 },
    };
    const priority = isWorkQueue(name) ? await this.turns.join(name, id, (data as ProcessMedia).userId) : undefined;
    await withRedis(() => this.open[name].add(name, data, { ...options, priority }));
  }

  /**
   * Like `send`, but never rejects: while Redis is unavailable the job is deferred in memory. When this process ends
   * before, a sweep sends it.
   */
  async sendSoon<Q extends QueueName>(name: Q, payload: JobPayload<Q>): Promise<void> {
    await this.send(name, payload).catch((error: unknown) => {
      if (!(error instanceof DependencyUnavailableError)) return; // a bug: no retry fixes it, and the sweep reports it
      if (this.deferred.size < MAX_DEFERRED)
        this.deferred.set(`${name} ${dedupeId(name, payload)}`, () => this.send(name, payload));
      void this.resend();
    });
  }

  /** Whether a job with this deduplication id is waiting or running. */
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

  /** Consumers take no more jobs of a queue, until it is resumed; running ones are finished. Idempotent. */
  async pause(name: QueueName): Promise<void> {
    await withRedis(() => this.open[name].pause());
  }

  /** Consumers take the jobs of a paused queue again. Idempotent. */
  async resume(name: QueueName): Promise<void> {
    await withRedis(() => this.open[name].resume());
  }

  async isPaused(name: QueueName): Promise<boolean> {
    return withRedis(() => this.open[name].isPaused());
  }

  /** Serves a read-only board of all queues below `basePath`. */
  board(basePath: string): RequestHandler {
    return makeQueueBoard(Object.values(this.open), basePath);
  }

  /** Returns the latest failed jobs, newest first, with their payload and the stack of their error. */
  async failures(name: QueueName, limit: number): Promise<FailedJob[]> {
    const jobs = await withRedis(() => this.open[name].getJobs(['failed'], 0, limit - 1));
    return jobs.map(({ data, failedReason, stacktrace, finishedOn }) => ({
      payload: data as Record<string, unknown>,
      reason: failedReason,
      stack: stacktrace?.at(-1) ?? '',
      at: new Date(finishedOn ?? 0),
    }));
  }

  /** Returns when the oldest waiting job was sent. */
  async oldestWaitingAt(name: QueueName): Promise<Date | null> {
    if (isWorkQueue(name)) return this.turns.oldestAt(name);
    const [oldest] = await withRedis(() => this.open[name].getJobs(['wait'], 0, 0, true));
    return oldest ? new Date(oldest.timestamp) : null;
  }

  /** Rejects when Redis cannot be written: with its memory full it still responds, but stores no session and no job. */
  async check(): Promise<void> {
    await withRedis(() => this.redis.set(`${this.tablePrefix}health`, '1', 'PX', HEALTH_KEY_TTL_MS));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(Object.values(this.open).map((queue) => queue.close()));
    this.redis.disconnect();
  }

  private async resend(): Promise<void> {
    if (this.isResending) return;
    this.isResending = true;
    for (let next = first(this.deferred); next && !this.isClosed; next = first(this.deferred)) {
      const [id, send] = next;
      const isSent = await send().then(
        () => true,
        () => false,
      );
      if (isSent) this.deferred.delete(id);
      else await sleep(RETRY_MS, undefined, { ref: false });
    }
    this.isResending = false;
  }
}

const first = <K, V>(map: Map<K, V>) => map.entries().next().value;

const dedupeId = (name: QueueName, payload: unknown) => (queues[name].dedupe as (payload: unknown) => string)(payload);
