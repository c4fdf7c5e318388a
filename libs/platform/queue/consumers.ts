import { DelayedError, Worker, type Job } from 'bullmq';
import { queues, type Consumer, type JobPayload, type QueueName, type QueuesOf } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { connectRedis, queuePrefix } from '../redis/redis';
import { StalledJobs, stalledIntervalMs } from './stalled-jobs';

/** `isRepeated`: an earlier delivery of the job began, and may have done its work. */
export type Handler<Q extends QueueName> = (payload: JobPayload<Q>, isRepeated: boolean) => Promise<void>;
/** One handler for each queue of a service: omitting one does not compile. */
export type HandlersOf<C extends Consumer> = { [Q in QueuesOf<C>]: Handler<Q> };

export const lockMs = 10_000;
/** Deployments stall healthy jobs too: the item's own counter limits retries, not BullMQ's. */
export const maxStalledCount = 1_000;

export interface ConsumerOptions {
  redisUrl: string;
  tablePrefix: string;
  concurrency: number;
  onFailure: (queue: QueueName, job: Job | undefined, error: Error) => void;
}

/** Exponential backoff of a job during an outage: doubled with each attempt. */
const BACKOFF_MS = { initial: 500, max: 10_000 };

/** How long an idle consumer blocks until it looks for jobs whose marker was lost. */
const DRAIN_DELAY_S = 10;

const REPORT_EVERY = 10;

/**
 * Runs the short jobs of a service: parses the payload, calls the handler and retries errors as the job map says. The
 * outage of a dependency is not a failure of the job: it is retried with backoff for as long as the outage lasts,
 * without using up its attempts.
 */
export class Consumers<C extends Consumer> {
  private readonly workers: Worker[];

  constructor(handlers: HandlersOf<C>, options: ConsumerOptions) {
    const connection = connectRedis(options.redisUrl, 'waiting');
    this.workers = (Object.entries(handlers) as Array<[QueueName, Handler<QueueName>]>).map(([name, handle]) => {
      const worker = new Worker(
        name,
        (job, token) =>
          consume(
            job,
            token,
            () => handle(queues[name].payload.parse(job.data) as never, job.attemptsStarted > 1),
            (error) => options.onFailure(name, job, error),
          ),
        {
          connection,
          prefix: queuePrefix(options.tablePrefix),
          concurrency: options.concurrency,
          lockDuration: lockMs,
          stalledInterval: stalledIntervalMs,
          skipStalledCheck: true,
          drainDelay: DRAIN_DELAY_S,
          maxStalledCount,
          skipVersionCheck: true,
        },
      );
      worker.on('error', () => {}); // Redis is unavailable: BullMQ reconnects and continues by itself
      worker.on('active', () => waitForMarker(worker));
      worker.on('failed', (job, error) => options.onFailure(name, job, error));
      return worker;
    });
    const stalled = new StalledJobs(connection, this.workers);
    this.closeConnection = () => {
      stalled.stop();
      connection.disconnect();
    };
  }

  private readonly closeConnection: () => void;

  /** Stops accepting jobs and waits for running handlers. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    this.closeConnection();
  }
}

/**
 * Lets a worker that has taken a job wait for the marker of its queue, which is set again with each job that is taken,
 * instead of asking for a further one at once: most often there is none. The field is private in the types of BullMQ.
 */
function waitForMarker(worker: Worker): void {
  worker['drained'] = true;
}

async function consume(
  job: Job,
  token: string | undefined,
  handle: () => Promise<void>,
  report: (error: Error) => void,
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    if (!(error instanceof DependencyUnavailableError)) throw error;
    if (job.attemptsStarted % REPORT_EVERY === 0) report(error); // a long outage
    const { initial, max } = BACKOFF_MS;
    const backoffMs = Math.min(initial * 2 ** (job.attemptsStarted - 1), max) * (0.5 + Math.random() / 2);
    await job.moveToDelayed(Date.now() + backoffMs, token);
    throw new DelayedError();
  }
}
