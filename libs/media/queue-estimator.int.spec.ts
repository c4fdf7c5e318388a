import type { Redis } from 'ioredis';
import { connectRedis, JobQueue, newId, QueuePositions, WorkerPool } from '#platform';
import { aMedium, eventually, startRedis, type TestRedis } from '#testing';
import type { MediaItem } from './media.item';
import { QueueEstimator } from './queue-estimator';

const PREFIX = 'estimator-';

const after = (seconds: number) => new Date(1e12 + seconds * 1_000).toISOString();
/** The medium after a round that took `seconds`. */
const completedAfter = (item: MediaItem, seconds: number): MediaItem => ({
  ...item,
  status: 'completed',
  history: [
    { status: 'processing', at: after(0), round: 1 },
    { status: 'completed', at: after(seconds), round: 1 },
  ],
  completedAt: after(seconds),
});

describe('QueueEstimator', () => {
  let server: TestRedis;
  let redis: Redis;
  let queue: JobQueue;
  let estimator: QueueEstimator;
  let gates: Array<PromiseWithResolvers<void>>;
  let pool: WorkerPool | undefined;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, 'command');
    await new Promise((resolve) => redis.once('ready', resolve));
    queue = new JobQueue(server.url, PREFIX);
    await eventually(
      () =>
        queue.check().then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    estimator = new QueueEstimator(new QueuePositions(redis, PREFIX));
  });
  beforeEach(() => {
    gates = Array.from({ length: 9 }, () => Promise.withResolvers<void>());
  });
  afterEach(async () => {
    for (const { resolve } of gates) resolve();
    await pool?.close();
    pool = undefined;
    await redis.flushall();
  });
  afterAll(async () => {
    await queue.close();
    redis.disconnect();
    await server.stop();
  });

  const send = async (item: MediaItem) => {
    await queue.send(item.kind, { userId: item.userId, mediaId: item.id, round: item.round });
    return item;
  };
  const eta = async (item: MediaItem) => (await estimator.showOne(item)).queue!.etaSeconds;
  const positions = async (items: MediaItem[]) =>
    (await estimator.show(items)).map((media) => media.queue?.position ?? null);
  /** Starts one worker, which ends its n-th job when `gates[n]` is resolved. */
  const startWorker = () => {
    let started = 0;
    const handle = async () => {
      await gates[started++]!.promise;
      return { next: 'done' } as const;
    };
    pool = new WorkerPool(
      { image: handle, audio: handle, video: handle, analysis: handle },
      {
        redisUrl: server.url,
        tablePrefix: PREFIX,
        queues: ['image', 'audio', 'video'],
        concurrency: 1,
        onError: () => {},
      },
    );
    pool.start();
  };

  it('returns the position in the queue of its kind, which falls with every job that starts', async () => {
    const items: MediaItem[] = [];
    for (let sent = 0; sent < 4; sent += 1) items.push(await send(aMedium({ kind: 'image' })));
    const video = await send(aMedium({ kind: 'video' }));
    expect(await positions([...items, video])).toEqual([0, 1, 2, 3, 0]);
    await send(items[0]!); // a repeated wake-up keeps its position
    expect(await positions(items)).toEqual([0, 1, 2, 3]);
    startWorker();
    const last = async () => (await positions([items[3]!]))[0];
    for (const [index, before] of [2, 1, 0].entries()) {
      await eventually(last, (position) => (position ?? 9) <= before); // a picture may run beside the video
      gates[index]!.resolve();
      gates[index + 1]!.resolve(); // the video may run in between
    }
  });

  it('shows the order in which media of several users will be taken, and estimates their wait by it', async () => {
    for (let run = 0; run < 6; run += 1) await estimator.recordDuration(completedAfter(aMedium({ kind: 'video' }), 10));
    const own: MediaItem[] = [];
    for (let sent = 0; sent < 20; sent += 1) own.push(await send(aMedium({ kind: 'video', userId: 'a' })));
    const other = await send(aMedium({ kind: 'video', userId: 'b' }));
    expect(await positions([own[0]!, other, own[1]!, own[19]!])).toEqual([0, 1, 2, 20]);
    expect(await eta(other)).toEqual([20, 20]);
    expect(await eta(own[19]!)).toEqual([210, 210]);
  });

  it('does not let a picture wait for films, which it runs beside', async () => {
    await send(aMedium({ kind: 'video' }));
    startWorker();
    await eventually(
      () => queue.counts('video'),
      ({ active }) => active === 1,
    );
    expect((await eta(aMedium({ kind: 'audio' })))[1]).toBeGreaterThan(400);
    expect((await eta(aMedium({ kind: 'image' })))[1]).toBeLessThan(20);
  });

  it('removes a medium that a wake-up queued again while it was processed', async () => {
    const [first, second] = [await send(aMedium({ kind: 'image' })), await send(aMedium({ kind: 'image' }))];
    startWorker();
    await eventually(
      () => positions([second]),
      ([position]) => position === 0,
    );
    await send(first);
    const third = await send(aMedium({ kind: 'image' }));
    expect(await positions([third])).toEqual([2]); // for the moment
    gates[0]!.resolve();
    await eventually(
      () => positions([third]),
      ([position]) => position === 0,
    );
    expect(await redis.zcard(`${PREFIX}turns:image`)).toBe(1);
  });

  it('does not count entries without a job', async () => {
    await redis.zadd(`${PREFIX}turns:image`, 1, 'gone-1', 2, 'gone-2', 3, 'gone-3');
    const item = await send(aMedium({ kind: 'image' }));
    expect((await positions([item]))[0]).toBeLessThanOrEqual(1);
  });

  it('puts a medium that is not queued behind all others', async () => {
    await send(aMedium({ kind: 'audio' }));
    expect(await positions([aMedium({ kind: 'audio' })])).toEqual([1]);
  });

  it('estimates a wide range by default and learns by kind and size', async () => {
    const [small, large] = [
      aMedium({ kind: 'video', sizeBytes: 1_000_000 }),
      aMedium({ kind: 'video', sizeBytes: 900_000_000 }),
    ];
    const [low, high] = await eta(small);
    expect(low).toBeLessThanOrEqual(5);
    expect(high).toBeGreaterThan(60);
    for (let run = 0; run < 6; run += 1) {
      await estimator.recordDuration(completedAfter(small, 10 + run / 10));
      await estimator.recordDuration(completedAfter(large, 300 + run));
      await estimator.recordDuration({ ...completedAfter(small, 5_000), crashes: 1 }); // includes a downtime
    }
    expect(await eta(small)).toEqual([10, 11]);
    expect(await eta(large)).toEqual([300, 305]);
  });

  it('estimates the remaining time of a medium in processing, and nothing for settled ones', async () => {
    const at = new Date().toISOString();
    const processing = aMedium({
      kind: 'video',
      status: 'processing',
      history: [{ status: 'processing', at, round: 1 }],
    });
    expect((await estimator.showOne(processing)).queue).toMatchObject({ position: 0 });
    expect(await positions([aMedium({ status: 'completed' }), aMedium({ status: 'failed' })])).toEqual([null, null]);
  });

  it('returns no estimate and does not reject while Redis is unavailable', async () => {
    const unavailable = connectRedis('redis://127.0.0.1:1', 'command');
    const withoutRedis = new QueueEstimator(new QueuePositions(unavailable, PREFIX));
    expect((await withoutRedis.showOne(aMedium({ id: newId() }))).queue).toBeNull();
    await withoutRedis.recordDuration(aMedium({ status: 'completed', completedAt: new Date().toISOString() }));
    unavailable.disconnect();
  });
});
