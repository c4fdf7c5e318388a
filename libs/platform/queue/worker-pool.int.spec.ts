import { setTimeout as sleep } from 'node:timers/promises';
import { type MediaQueue, type WorkQueue, workQueues } from '#contracts';
import { connectRedis, type Work, WorkerPool, type WorkResult } from '#platform';
import { eventually, startQueue, type TestQueue } from '#testing';

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, number) => `${name}${number}`);

describe('WorkerPool', () => {
  let testQueue: TestQueue;
  beforeEach(async () => {
    testQueue = await startQueue();
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
    await testQueue.stop();
  });

  const pools: WorkerPool[] = [];
  const payload = { userId: 'u', mediaId: 'm', round: 2 };

  function startPool(work: Work, { queues = workQueues as readonly WorkQueue[], concurrency = 1 } = {}): WorkerPool {
    const handlers = { image: work, audio: work, video: work, analysis: work };
    const options = { redisUrl: testQueue.redis.url, tablePrefix: 'test-', queues, concurrency, onError: () => {} };
    const pool = new WorkerPool(handlers, options);
    pool.start();
    pools.push(pool);
    return pool;
  }

  async function run(work: () => Promise<WorkResult>): Promise<void> {
    startPool(work, { queues: ['image'] });
    await testQueue.queue.send('image', payload);
    await eventually(
      () => testQueue.queue.has('image', 'm.2'),
      (exists) => !exists,
    );
  }

  it('keeps a failed job for the operator, with its payload and the stack of its error', async () => {
    await run(async () => ({ next: 'failed', error: new Error('three workers crashed on it') }));
    const [failed] = await testQueue.queue.failures('image', 10);
    expect(failed).toMatchObject({
      payload,
      reason: 'three workers crashed on it',
      stack: expect.stringContaining('worker-pool.int.spec'),
    });
    expect(Date.now() - failed!.at.getTime()).toBeLessThan(10_000);
  });

  it('keeps a job whose handler threw', async () => {
    await run(() => Promise.reject(new TypeError('a bug')));
    expect(await testQueue.queue.failures('image', 10)).toMatchObject([
      { payload, reason: 'a bug', stack: expect.stringContaining('TypeError') },
    ]);
  });

  it('takes a job at once, and a delayed one when it is due, without polling', async () => {
    const takenAt: number[] = [];
    const dueAt = Date.now() + 1_500;
    startPool(async () => {
      takenAt.push(Date.now());
      return takenAt.length === 1 ? { next: 'again', at: new Date(dueAt) } : { next: 'done' };
    });
    const redis = connectRedis(testQueue.redis.url, 'waiting');
    await redis.ping();
    await redis.config('RESETSTAT');
    await sleep(1_000);
    expect(await redis.info('commandstats')).not.toMatch(/cmdstat_evalsha:calls=\d{2}/); // below ten
    redis.disconnect();
    const sentAt = Date.now();
    await testQueue.queue.send('video', payload);
    await eventually(
      async () => takenAt.length,
      (length) => length === 2,
    );
    expect(takenAt[0]! - sentAt).toBeLessThan(1_000);
    expect(takenAt[1]! - Math.max(dueAt, sentAt)).toBeGreaterThan(-50);
    expect(takenAt[1]! - Math.max(dueAt, sentAt)).toBeLessThan(2_000);
  });

  it('removes a completed job', async () => {
    await run(async () => ({ next: 'done' }));
    expect(await testQueue.queue.failures('image', 10)).toEqual([]);
  });

  it('runs background jobs only while no other job waits or runs, and others beside them at once', async () => {
    const gates = { films: Promise.withResolvers<void>(), analysis: Promise.withResolvers<void>() };
    const started: string[] = [];
    const handlerOf = (name: string, gate: Promise<void>) => async () => {
      started.push(name);
      await gate;
      return { next: 'done' } as const;
    };
    const [film, analysis] = [handlerOf('film', gates.films.promise), handlerOf('analysis', gates.analysis.promise)];
    await testQueue.queue.send('analysis', { userId: 'u', mediaId: 'm', analyser: 'labels', run: 1 });
    await sendAll('video', 'a', ['f0', 'f1']);
    const handlers = { image: film, audio: film, video: film, analysis };
    const options = { redisUrl: testQueue.redis.url, tablePrefix: 'test-', queues: workQueues, onError: () => {} };
    const pool = new WorkerPool(handlers, { ...options, concurrency: 1 });
    pools.push(pool);
    pool.start();
    const reach = (count: number) =>
      eventually(
        async () => started.length,
        (length) => length === count,
      );
    await reach(1);
    await sleep(500);
    expect(started).toEqual(['film']);
    gates.films.resolve();
    await reach(3);
    expect(started).toEqual(['film', 'film', 'analysis']);
    await sendAll('video', 'a', ['f2']);
    await reach(4);
    expect(started[3]).toBe('film');
    gates.analysis.resolve();
  });

  const sendAll = async (queue: MediaQueue, userId: string, ids: readonly string[]) => {
    for (const id of ids) await testQueue.queue.send(queue, { userId, mediaId: id, round: 1 });
  };

  /** Runs the waiting jobs of the queue one at a time until none is left, and returns the media in their order. */
  async function drain(
    queue: MediaQueue,
    onTaken: (taken: readonly string[]) => Promise<WorkResult | void> = async () => {},
  ): Promise<string[]> {
    const taken: string[] = [];
    const work: Work = async ({ mediaId }) => {
      taken.push(mediaId);
      return (await onTaken(taken)) ?? { next: 'done' };
    };
    startPool(work, { queues: [queue] });
    const left = () => testQueue.queue.counts(queue);
    await eventually(left, ({ waiting, active, delayed }) => waiting + active + delayed === 0, 10_000);
    await pools.pop()!.close();
    return taken;
  }

  it('takes the medium of a second user next, however many of the first one wait', async () => {
    await sendAll('video', 'a', numbered('a', 50));
    await sendAll('video', 'b', ['b0']);
    const taken = await drain('video', async ({ length }) => {
      if (length === 20) await sendAll('video', 'c', ['c0', 'c1', 'c2']);
    });
    expect(taken.indexOf('b0')).toBeLessThan(3);
    expect(['c0', 'c1', 'c2'].map((id) => taken.indexOf(id)).every((at) => at > 19 && at < 26)).toBe(true);
    expect(taken.filter((id) => id.startsWith('a'))).toEqual(numbered('a', 50)); // in the order of one user's uploads
    expect(taken).toHaveLength(54);
  });

  it('reaches the second medium of a user while new users keep coming', async () => {
    await sendAll('audio', 'a', ['a0', 'a1', 'a2']);
    const taken = await drain('audio', async ({ length }) => {
      if (length < 20) await sendAll('audio', `new${length}`, [`new${length}`]);
    });
    expect(taken.indexOf('a1')).toBeLessThan(4);
    expect(taken.indexOf('a2')).toBeLessThan(6);
  });

  it('takes a medium that was returned before those that had no turn yet', async () => {
    await sendAll('image', 'a', numbered('a', 6));
    const taken = await drain('image', async ({ length }) => {
      if (length === 3) return { next: 'again', at: new Date() };
    });
    expect(taken).toEqual(['a0', 'a1', 'a2', 'a2', 'a3', 'a4', 'a5']);
  });

  it('takes turns again when Redis lost its data, and leaves no keys behind', async () => {
    const redis = connectRedis(testQueue.redis.url, 'waiting');
    await sendAll('video', 'a', numbered('a', 5));
    await redis.flushall();
    await sendAll('video', 'a', numbered('a', 5)); // the sweep sends the wake-ups again
    await sendAll('video', 'b', ['b0']);
    expect((await drain('video')).indexOf('b0')).toBeLessThan(3);
    expect(await redis.keys('test-turns*')).toEqual([]);
    redis.disconnect();
  });

  it('runs pictures while films occupy every slot, one at a time, and no film beside them', async () => {
    await sendAll('video', 'a', numbered('film', 4));
    const films = Promise.withResolvers<void>();
    setTimeout(films.resolve, 5_000).unref(); // so that a failing test ends
    const running = new Set<string>();
    const seen: string[][] = [];
    startPool(
      async ({ mediaId }) => {
        seen.push([...running.add(mediaId)]);
        if (mediaId.startsWith('film')) await films.promise;
        running.delete(mediaId);
        return { next: 'done' };
      },
      { concurrency: 2 },
    );
    await eventually(
      async () => running.size,
      (size) => size === 2,
    );
    await sendAll('image', 'b', ['p0', 'p1']);
    await eventually(
      async () => seen.length,
      (length) => length === 4,
      3_000,
    );
    expect(seen.slice(2)).toEqual([
      ['film0', 'film1', 'p0'],
      ['film0', 'film1', 'p1'],
    ]);
    films.resolve();
    await eventually(
      async () => seen.length,
      (length) => length === 6,
    );
  });
});
