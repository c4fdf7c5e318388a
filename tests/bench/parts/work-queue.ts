import { shortQueue } from '#contracts';
import { connectRedis, QueuePositions, WorkerPool } from '#platform';
import { startQueue, type TestQueue } from '#testing';
import type { Row } from '../report';

const FEW = 1_000;
const REPEATS = 500;
/** The fastest of so many measurements counts: other work of the machine slows single ones down. */
const MEASUREMENTS = 3;
const USERS = 50;
const BATCH = 500;
const PREFIX = 'test-'; // of startQueue

/** Compares a work queue with few and with `many` waiting jobs. */
export async function workQueue(many: number): Promise<Row[]> {
  const test = await startQueue();
  try {
    const queue = new MeasuredQueue(test);
    const taken = (MEASUREMENTS + 1) * REPEATS;
    await queue.send(0, FEW + taken);
    await queue.takeJobs(); // warm-up
    const few = await queue.measure(FEW + taken - 1);
    await queue.send(FEW + taken, many + taken);
    const full = await queue.measure(many + taken - 1);
    return (['take', 'position'] as const).map((step) => ({
      what: `${STEPS[step]}, with ${many} jobs compared with ${FEW}`,
      product: `${full[step].toFixed(2)} ms`,
      limit: `${few[step].toFixed(2)} ms`,
      value: full[step] / few[step],
      goal: { atMost: 2 },
    }));
  } finally {
    await test.stop();
  }
}

const STEPS = { take: 'taking and completing a job', position: 'reading the position of the last' };

class MeasuredQueue {
  constructor(private readonly test: TestQueue) {}

  /** Sends the jobs with these numbers, of users in turn. */
  async send(from: number, to: number): Promise<void> {
    for (let at = from; at < to; at += BATCH)
      await Promise.all(Array.from({ length: BATCH }, (_, index) => this.sendOne(at + index)));
  }

  /** Returns the mean time in ms of taking and completing a job. */
  async takeJobs(): Promise<number> {
    const all = Promise.withResolvers<void>();
    let taken = 0;
    const work = async () => {
      taken += 1;
      if (taken === REPEATS) all.resolve();
      return { next: 'done' } as const;
    };
    const pool = new WorkerPool(
      { image: work, audio: work, video: work, analysis: work },
      { redisUrl: this.test.redis.url, tablePrefix: PREFIX, queues: [shortQueue], concurrency: 1, onError: all.reject },
    );
    const start = performance.now();
    pool.start();
    await all.promise;
    const meanMs = (performance.now() - start) / REPEATS;
    await pool.close();
    return meanMs;
  }

  /** Returns the mean time in ms of reading the position of the job with this number. */
  private async readPositions(number: number): Promise<number> {
    const redis = connectRedis(this.test.redis.url, 'waiting');
    const positions = new QueuePositions(redis, PREFIX);
    const work = { queue: shortQueue, id: `m${number}.1`, sizeBytes: 1 };
    const position = (await positions.snapshot([work])).before(work) ?? 0;
    if (position < FEW / 2) throw new Error(`Expected the position of the last job, but received ${position}`);
    const start = performance.now();
    for (let time = 0; time < REPEATS; time += 1) await positions.snapshot([work]);
    redis.disconnect();
    return (performance.now() - start) / REPEATS;
  }

  /** Returns the mean times in ms of taking a job, and of reading the position of the job `last`. */
  async measure(last: number): Promise<{ take: number; position: number }> {
    const times = { take: [] as number[], position: [] as number[] };
    for (let measurement = 0; measurement < MEASUREMENTS; measurement += 1) {
      times.take.push(await this.takeJobs());
      times.position.push(await this.readPositions(last));
    }
    return { take: Math.min(...times.take), position: Math.min(...times.position) };
  }

  private sendOne(number: number): Promise<void> {
    return this.test.queue.send(shortQueue, { userId: `u${number % USERS}`, mediaId: `m${number}`, round: 1 });
  }
}
