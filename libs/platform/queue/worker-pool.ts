import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnrecoverableError, Worker, type Job } from 'bullmq';
import { backgroundQueue, queues, shortQueue, type JobPayload, type WorkQueue } from '#contracts';
import { connectRedis, queuePrefix } from '../redis/redis';
import { lockMs, maxStalledCount } from './consumers';
import { JobMarkers, mark } from './job-markers';
import { StalledJobs, stalledIntervalMs } from './stalled-jobs';
import { Turns } from './turns';

/** The outcome of a wake-up: remove it, deliver it again at a time, or keep it with its error for the operator. */
export type WorkResult = { next: 'done' } | { next: 'again'; at: Date } | { next: 'failed'; error: Error };
export type Work<Q extends WorkQueue = WorkQueue> = (
  payload: JobPayload<Q>,
  shutdown: AbortSignal,
) => Promise<WorkResult>;
/** One handler for each queue of the pool: omitting one does not compile. */
export type WorkHandlers = { [Q in WorkQueue]: Work<Q> };

interface QueueWorker {
  queue: WorkQueue;
  worker: Worker;
}

interface BackgroundQueue extends QueueWorker {
  markers: JobMarkers;
}

export interface WorkerPoolOptions {
  redisUrl: string;
  tablePrefix: string;
  queues: readonly WorkQueue[];
  /** Concurrent jobs over all queues, beside which one short job may run. */
  concurrency: number;
  /** Whether a short job may run beside the others now; by default always. */
  mayRunBeside?: () => boolean;
  onError: (error: unknown, queue: WorkQueue) => void;
}

/** How often all queues are marked: a marker may have been lost with the process that had removed it. */
const MARK_MS = 10_000;
/** How often a slot checks whether exclusive work has ended. */
const EXCLUSIVE_MS = 200;
/** The pause of a slot after an error of Redis. */
const RETRY_MS = 1_000;

/**
 * Runs jobs of several queues with one concurrency limit over all of them. BullMQ limits concurrency per queue: a
 * process busy with one kind would hold jobs of another kind that an idle process could run. Hence jobs are fetched
 * manually (https://docs.bullmq.io/patterns/manually-fetching-jobs), round robin over the queues, only when a slot is
 * free, from the queue that is marked ({@link JobMarkers}); taking a job marks its queue again for the next slot. While
 * every slot runs a long job, one more runs short jobs, so that pictures never wait for films. It is an additional
 * slot: one that is reserved would leave a process of concurrency 1 without slots for films. A third kind of slot runs
 * background jobs, one at a time, and takes them only while no other job waits or runs here.
 */
export class WorkerPool {
  private readonly connection;
  private readonly turns: Turns;
  private readonly workers: QueueWorker[];
  private readonly background: BackgroundQueue | null;
  private readonly stop = new AbortController();
  private readonly slots: Promise<void>[] = [];
  private readonly markers: JobMarkers;
  private readonly shortMarkers: JobMarkers;
  private readonly stalled: StalledJobs;
  /** Idle slots wait one after the other: a marker is for one of them. */
  private waiting: Promise<unknown> = Promise.resolve();
  private readonly marking: NodeJS.Timeout;
  private readonly running = new Set<Job>();
  /** Resolves when the next job is taken. */
  private taken = Promise.withResolvers<void>();

  constructor(
    private readonly handlers: WorkHandlers,
    private readonly options: WorkerPoolOptions,
  ) {
    this.connection = connectRedis(options.redisUrl, 'waiting');
    this.turns = new Turns(this.connection, options.tablePrefix);
    const open = (queue: WorkQueue): QueueWorker => {
      const worker = new Worker(queue, null, {
        connection: this.connection,
        prefix: queuePrefix(options.tablePrefix),
        autorun: false,
        lockDuration: lockMs,
        stalledInterval: stalledIntervalMs,
        skipStalledCheck: true,
        maxStalledCount,
        skipVersionCheck: true,
      });
      worker.on('error', () => {}); // Redis is unavailable: the slots below pause and retry
      return { queue, worker };
    };
    const others = options.queues.filter((queue) => queue !== backgroundQueue);
    const own = others.length > 0 ? others : options.queues;
    this.workers = own.map(open);
    this.background =
      own.length < options.queues.length
        ? {
            ...open(backgroundQueue),
            markers: new JobMarkers(options.redisUrl, options.tablePrefix, [backgroundQueue]),
          }
        : null;
    this.markers = new JobMarkers(options.redisUrl, options.tablePrefix, own);
    this.shortMarkers = new JobMarkers(options.redisUrl, options.tablePrefix, [shortQueue]);
    this.marking = setInterval(() => void this.markAll(), MARK_MS);
    this.stalled = new StalledJobs(
      this.connection,
      [...this.workers, ...(this.background ? [this.background] : [])].map(({ worker }) => worker),
    );
  }

  start(): void {
    void this.markAll();
    for (let slot = 0; slot < this.options.concurrency; slot += 1)
      this.slots.push(this.runSlot((token) => this.runMarked(token)));
    const short = this.workers.find(({ queue }) => queue === shortQueue);
    if (short && this.workers.length > 1) this.slots.push(this.runSlot((token) => this.runBeside(short, token)));
    const { background } = this;
    if (background) this.slots.push(this.runSlot((token) => this.runInBackground(background, token)));
  }

  /** Stops fetching jobs, signals running work to release its media, and waits for it. */
  async close(): Promise<void> {
    this.stop.abort(new Error('The worker is shutting down'));
    this.stalled.stop();
    clearInterval(this.marking);
    this.markers.close();
    this.shortMarkers.close();
    this.background?.markers.close();
    this.taken.resolve();
    const ended = Promise.all(this.slots);
    while (this.running.size > 0) await Promise.race([ended, sleep(50)]);
    await Promise.race([ended, sleep(RETRY_MS)]); // an idle slot may be waiting for Redis
    this.connection.disconnect();
    const all = [...this.workers, ...(this.background ? [this.background] : [])];
    await Promise.all(all.map(({ worker }) => worker.close(true)));
  }

  /** @param runOne waits for a job and runs it */
  private async runSlot(runOne: (token: string) => Promise<unknown>): Promise<void> {
    const token = randomUUID();
    while (!this.stop.signal.aborted) {
      try {
        await runOne(token);
      } catch {
        await sleep(RETRY_MS, undefined, { signal: this.stop.signal }).catch(() => {});
      }
    }
  }

  private async runMarked(token: string): Promise<void> {
    const marked = this.waiting.then(() => this.markers.wait());
    this.waiting = marked.catch(() => {});
    const queue = await marked;
    if (this.stop.signal.aborted) return this.mark([queue]);
    await this.runFrom(
      this.workers.find((other) => other.queue === queue)!,
      token,
    );
  }

  private async runBeside(short: QueueWorker, token: string): Promise<void> {
    const ran = this.mayRunBeside && (await this.runFrom(short, token));
    if (!ran && !this.stop.signal.aborted) await this.waitForShortJob();
  }

  private async runInBackground(background: BackgroundQueue, token: string): Promise<void> {
    const ran = !(await this.areOthersBusy()) && (await this.runFrom(background, token));
    if (!ran && !this.stop.signal.aborted) await this.waitForBackground(background);
  }

  private async markAll(): Promise<void> {
    await this.mark(this.options.queues).catch(() => {}); // Redis is unavailable: again at the next time
  }

  private mark(marked: readonly WorkQueue[]): Promise<void> {
    return mark(this.connection, this.options.tablePrefix, marked);
  }

  private get areAllLong(): boolean {
    const long = [...this.running].filter(({ queueName }) => queueName !== shortQueue && !this.isBackground(queueName));
    return long.length === this.options.concurrency;
  }

  private get mayRunBeside(): boolean {
    return this.areAllLong && (this.options.mayRunBeside?.() ?? true);
  }

  private async waitForShortJob(): Promise<void> {
    if (!this.areAllLong) return this.taken.promise;
    if (!this.mayRunBeside) return sleep(EXCLUSIVE_MS);
    await this.shortMarkers.wait();
    if (!this.mayRunBeside) await this.mark([shortQueue]); // a slot has become free meanwhile
  }

  /** Whether other than background jobs run in this process, or wait for it. */
  private async areOthersBusy(): Promise<boolean> {
    if ([...this.running].some(({ queueName }) => !this.isBackground(queueName))) return true;
    const keys = this.workers.map(({ queue }) => `${queuePrefix(this.options.tablePrefix)}:${queue}`);
    const counts = await this.connection
      .pipeline(
        keys.flatMap((key) => [
          ['llen', `${key}:wait`],
          ['zcard', `${key}:prioritized`],
        ]),
      )
      .exec();
    return counts!.some(([error, count]) => error !== null || Number(count) > 0);
  }

  private async waitForBackground({ queue, markers }: BackgroundQueue): Promise<void> {
    if (await this.areOthersBusy()) return sleep(EXCLUSIVE_MS);
    await markers.wait();
    if (await this.areOthersBusy()) await this.mark([queue]); // for another process
  }

  private isBackground(queueName: string): boolean {
    return this.background !== null && queueName === backgroundQueue;
  }

  private async runFrom({ queue, worker }: QueueWorker, token: string): Promise<boolean> {
    const job = await worker.getNextJob(token, { block: false });
    if (!job) return false;
    await this.run(queue, job, token);
    return true;
  }

  private async run(queue: WorkQueue, job: Job, token: string): Promise<void> {
    const id = job.deduplicationId!; // JobQueue sends each job with one
    this.running.add(job);
    this.taken.resolve();
    this.taken = Promise.withResolvers();
    this.turns.leave(queue, id, job.priority);
    const renewal = setInterval(() => void job.extendLock(token, lockMs).catch(() => {}), lockMs / 3);
    try {
      const result = await this.handle(queue, job);
      if (result.next === 'again') return await this.delay(queue, job, token, result.at);
      if (result.next === 'done') await job.moveToCompleted(undefined, token, false);
      if (result.next === 'failed') await job.moveToFailed(unrecoverable(result.error), token, false);
      this.turns.leaveAgain(queue, id);
    } catch (error) {
      this.turns.leaveAgain(queue, id); // as a stalled job BullMQ delivers it before all others
      this.options.onError(error, queue); // the job's lock was lost or Redis is unavailable: the table has the truth
    } finally {
      clearInterval(renewal);
      this.running.delete(job);
    }
  }

  /** Delivers a job again at a time, before those that had no turn: turns may have restarted at 1 since it had one. */
  private async delay(queue: WorkQueue, job: Job, token: string, at: Date): Promise<void> {
    await job.changePriority({ priority: 0 });
    await job.moveToDelayed(at.getTime(), token);
    this.turns.rejoin(queue, job.deduplicationId!, at);
  }

  private async handle(queue: WorkQueue, job: Job): Promise<WorkResult> {
    try {
      return await (this.handlers[queue] as Work)(queues[queue].payload.parse(job.data), this.stop.signal);
    } catch (error) {
      return { next: 'failed', error: error as Error };
    }
  }
}

/**
 * BullMQ keeps it in the failed set, with the stack of its cause; the item's own counters limit retries, not BullMQ.
 */
function unrecoverable(cause: Error): UnrecoverableError {
  const error = new UnrecoverableError(cause.message);
  error.stack = cause.stack ?? error.message;
  return error;
}
