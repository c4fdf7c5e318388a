import { shortQueue } from '#contracts';
import { connectRedis, QueuePositions, WorkerPool } from '#platform';
import { startQueue, type TestQueue } from '#testing';

const FEW = 1_000;
const MANY = 100_000;
const REPEATS = 500;
/** The fastest of so many measurements counts: other work of the machine slows single ones down. */
const MEASUREMENTS = 3;
const USERS = 50;
const BATCH = 500;
const PREFIX = 'test-'; // of startQueue

const print = (line: string) => process.stdout.write(`${line}\n`);

let test: TestQueue;
beforeAll(async () => {
  test = await startQueue();
});
afterAll(() => test.stop());

const sendOne = (number: number) =>
  test.queue.send(shortQueue, { userId: `u${number % USERS}`, mediaId: `m${number}`, round: 1 });

/** Sends the jobs with these numbers, of users in turn. */
async function send(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += BATCH)
    await Promise.all(Array.from({ length: BATCH }, (_, index) => sendOne(at + index)));
}

/** Returns the mean time in ms of taking and completing a job. */
async function takeJobs(): Promise<number> {
  const all = Promise.withResolvers<void>();
  let taken = 0;
  const work = async () => {
    taken += 1;
    if (taken === REPEATS) all.resolve();
    return { next: 'done' } as const;
  };
  const pool = new WorkerPool(
    { image: work, audio: work, video: work },
    { redisUrl: test.redis.url, tablePrefix: PREFIX, queues: [shortQueue], concurrency: 1, onError: all.reject },
  );
  const start = performance.now();
  pool.start();
  await all.promise;
  const meanMs = (performance.now() - start) / REPEATS;
  await pool.close();
  return meanMs;
}

/** Returns the mean time in ms of reading the position of the job with this number. */
async function readPositions(number: number): Promise<number> {
  const redis = connectRedis(test.redis.url, 'waiting');
  const positions = new QueuePositions(redis, PREFIX);
  const work = { queue: shortQueue, id: `m${number}.1`, sizeBytes: 1 };
  expect((await positions.snapshot([work])).before(work)).toBeGreaterThan(FEW / 2);
  const start = performance.now();
  for (let time = 0; time < REPEATS; time += 1) await positions.snapshot([work]);
  redis.disconnect();
  return (performance.now() - start) / REPEATS;
}

/** Returns the mean times in ms of taking a job, and of reading the position of the job `last`. */
async function measure(last: number): Promise<{ take: number; position: number }> {
  const times = { take: [] as number[], position: [] as number[] };
  for (let measurement = 0; measurement < MEASUREMENTS; measurement += 1) {
    times.take.push(await takeJobs());
    times.position.push(await readPositions(last));
  }
  return { take: Math.min(...times.take), position: Math.min(...times.position) };
}

const part = 'a work queue'.includes(process.env.ONLY ?? '') ? it : it.skip;

part(
  'a work queue takes the next job and reads a position as fast with 100 000 waiting as with 1 000',
  async () => {
    const taken = (MEASUREMENTS + 1) * REPEATS;
    await send(0, FEW + taken);
    await takeJobs(); // warm-up
    const few = await measure(FEW + taken - 1);
    await send(FEW + taken, MANY + taken);
    const many = await measure(MANY + taken - 1);
    for (const step of ['take', 'position'] as const)
      print(`${step}: ${few[step].toFixed(2)} ms with ${FEW} waiting, ${many[step].toFixed(2)} ms with ${MANY}`);
    expect(many.take).toBeLessThan(2 * few.take);
    expect(many.position).toBeLessThan(2 * few.position);
  },
  300_000,
);
