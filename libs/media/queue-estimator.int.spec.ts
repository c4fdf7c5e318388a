import type { Redis } from 'ioredis';
import { connectRedis, JobQueue, newId, QueuePositions, WorkerPool } from '#platform';
import { aMedium, eventually, startRedis, type TestRedis } from '#testing';
import type { MediaItem } from './media.item';
import { QueueEstimator } from './queue-estimator';

const PREFIX = 'estimator-';

const after = (seconds: number) => new Date(1e12 + seconds * 1_000).toISOString();
/** The medium after a round that took so long. */
const ran = (item: MediaItem, seconds: number): MediaItem => ({
  ...item,
  status: 'completed',
  history: [
    { status: 'processing', at: after(0), round: 1 },
    { status: 'completed', at: after(seconds), round: 1 },
  ],
  completedAt: after(seconds),
});

describe('MediaOutlook', () => {
  let server: TestRedis;
  let redis: Redis;
  let queue: JobQueue;
  let estimator: QueueEstimator;
  let turns: Array<PromiseWithResolvers<void>>;
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
    turns = Array.from({ length: 9 }, () => Promise.withResolvers<void>());
  });
  afterEach(async () => {
    for (const { resolve } of turns) resolve();
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
  /** One worker that ends a job whenever the next turn is given. */
  const work = () => {
    let taken = 0;
    const take = async () => {
      await turns[taken++]!.promise;
      return { next: 'done' } as const;
    };
    pool = new WorkerPool(
      { image: take, audio: take, video: take },
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

  it('says how many are before each, of its own kind, and less with every one that is taken', async () => {
    const items: MediaItem[] = [];
    for (let sent = 0; sent < 4; sent += 1) items.push(await send(aMedium({ kind: 'image' })));
    const video = await send(aMedium({ kind: 'video' }));
    expect(await positions([...items, video])).toEqual([0, 1, 2, 3, 0]);
    await send(items[0]!); // woken again: it keeps its place
    expect(await positions(items)).toEqual([0, 1, 2, 3]);
    work();
    const last = async () => (await positions([items[3]!]))[0];
    for (const [turn, before] of [2, 1, 0].entries()) {
      await eventually(last, (position) => position === before);
      turns[turn]!.resolve();
      turns[turn + 1]!.resolve(); // a turn of the video may lie between
    }
  });

  it('forgets whom a wake-up put in line while it was worked on', async () => {
    const [first, second] = [await send(aMedium({ kind: 'image' })), await send(aMedium({ kind: 'image' }))];
    work();
    await eventually(
      () => positions([second]),
      ([position]) => position === 0,
    );
    await send(first);
    const third = await send(aMedium({ kind: 'image' }));
    expect(await positions([third])).toEqual([2]); // for the moment
    turns[0]!.resolve();
    await eventually(
      () => positions([third]),
      ([position]) => position === 0,
    );
    expect(await redis.zcard(`${PREFIX}line:image`)).toBe(1);
  });

  it('counts nobody whose job is gone', async () => {
    await redis.zadd(`${PREFIX}line:image`, 1, 'gone-1', 2, 'gone-2', 3, 'gone-3');
    const item = await send(aMedium({ kind: 'image' }));
    expect((await positions([item]))[0]).toBeLessThanOrEqual(1);
  });

  it('puts one that is in no line behind all', async () => {
    await send(aMedium({ kind: 'audio' }));
    expect(await positions([aMedium({ kind: 'audio' })])).toEqual([1]);
  });

  it('is wide before anything was learnt, and learns by kind and size', async () => {
    const [small, large] = [
      aMedium({ kind: 'video', sizeBytes: 1_000_000 }),
      aMedium({ kind: 'video', sizeBytes: 900_000_000 }),
    ];
    const [low, high] = await eta(small);
    expect(low).toBeLessThanOrEqual(5);
    expect(high).toBeGreaterThan(60);
    for (let run = 0; run < 6; run += 1) {
      await estimator.recordDuration(ran(small, 10 + run / 10));
      await estimator.recordDuration(ran(large, 300 + run));
      await estimator.recordDuration({ ...ran(small, 5_000), crashes: 1 }); // says how long its workers were dead
    }
    expect(await eta(small)).toEqual([10, 11]);
    expect(await eta(large)).toEqual([300, 305]);
  });

  it('tells what is left of one that is processed, and expects nothing of what is settled', async () => {
    const at = new Date().toISOString();
    const processing = aMedium({
      kind: 'video',
      status: 'processing',
      history: [{ status: 'processing', at, round: 1 }],
    });
    expect((await estimator.showOne(processing)).queue).toMatchObject({ position: 0 });
    expect(await positions([aMedium({ status: 'completed' }), aMedium({ status: 'failed' })])).toEqual([null, null]);
  });

  it('expects nothing while Redis is away, and fails nothing', async () => {
    const away = connectRedis('redis://127.0.0.1:1', 'command');
    const blind = new QueueEstimator(new QueuePositions(away, PREFIX));
    expect((await blind.showOne(aMedium({ id: newId() }))).queue).toBeNull();
    await blind.recordDuration(aMedium({ status: 'completed', completedAt: new Date().toISOString() }));
    away.disconnect();
  });
});
