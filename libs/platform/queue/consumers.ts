import { DelayedError, Worker, type Job } from 'bullmq';
import { queues, type Consumer, type JobPayload, type QueueName, type QueuesOf } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { connectRedis, queuePrefix } from '../redis/redis';

export type Handler<Q extends QueueName> = (payload: JobPayload<Q>) => Promise<void>;
/** One handler for each queue of a service: leaving one out does not compile. */
export type HandlersOf<C extends Consumer> = { [Q in QueuesOf<C>]: Handler<Q> };

/** Killed consumers are found after lock plus two check intervals. */
export const lockMs = 10_000;
export const stalledIntervalMs = 2_000;
/** A deploy stalls healthy jobs too: the item's own counter decides, not this one. */
export const maxStalledCount = 1_000;

export interface ConsumerOptions {
  redisUrl: string;
  tablePrefix: string;
  concurrency: number;
  onFailure: (queue: QueueName, job: Job | undefined, error: Error) => void;
}

/** After an outage the job rests for so long at first, twice as long each time, and so long at most. */
const REST_MS = { first: 500, most: 10_000 };

const TELL_EVERY = 10;

/**
 * Runs short jobs of a service: parses the payload, calls the handler, retries what throws as the job map says. An outage is
 * no failure of the job: it rests and is tried again for as long as that takes, and counts as nothing.
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
            () => handle(queues[name].payload.parse(job.data) as never),
            (error) => options.onFailure(name, job, error),
          ),
        {
          connection,
          prefix: queuePrefix(options.tablePrefix),
          concurrency: options.concurrency,
          lockDuration: lockMs,
          stalledInterval: stalledIntervalMs,
          maxStalledCount,
          skipVersionCheck: true,
        },
      );
      worker.on('error', () => {}); // Redis away: BullMQ goes on by itself when it is back
      worker.on('failed', (job, error) => options.onFailure(name, job, error));
      return worker;
    });
    this.closeConnection = () => connection.disconnect();
  }

  private readonly closeConnection: () => void;

  /** Takes nothing more and waits for the handlers that run. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    this.closeConnection();
  }
}

async function consume(
  job: Job,
  token: string | undefined,
  handle: () => Promise<void>,
  tell: (error: Error) => void,
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    if (!(error instanceof DependencyUnavailableError)) throw error;
    if (job.attemptsStarted % TELL_EVERY === 0) tell(error); // it does not look like a passing one
    const restMs = Math.min(REST_MS.first * 2 ** (job.attemptsStarted - 1), REST_MS.most) * (0.5 + Math.random() / 2);
    await job.moveToDelayed(Date.now() + restMs, token);
    throw new DelayedError();
  }
}
