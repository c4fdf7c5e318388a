import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyUnavailableError } from '#platform';
import { UploadLimiter } from './upload-limiter';

const CONCURRENCY = 16;
const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));

describe('UploadLimiter', () => {
  it('limits concurrency and runs everything', async () => {
    const limiter = new UploadLimiter();
    let running = 0;
    let most = 0;
    const work = async (at: number) => {
      most = Math.max(most, (running += 1));
      await sleep(1);
      running -= 1;
      return at;
    };
    const all = times(200, (at) =>
      at % 2 === 0 ? limiter.commit(() => work(at)) : limiter.receive('ann', () => work(at)),
    );
    expect(await Promise.all(all)).toEqual(times(200, (at) => at));
    expect(most).toBe(CONCURRENCY);
  });

  it('runs waiting commits before uploads that are still to be received', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = times(CONCURRENCY, () => limiter.commit(() => gate.promise));
    const rest = [
      limiter.receive('ann', async () => void order.push('receive')),
      limiter.commit(async () => void order.push('commit')),
    ];
    gate.resolve();
    await Promise.all([...first, ...rest]);
    expect(order).toEqual(['commit', 'receive']);
  });

  it('releases the slots of slow clients after a while, each once', async () => {
    const limiter = new UploadLimiter();
    const slow = Promise.withResolvers<void>();
    const senders = times(CONCURRENCY, () => limiter.receive('ann', () => slow.promise));
    expect(await limiter.receive('ann', async () => 'received')).toBe('received');
    slow.resolve();
    await Promise.all(senders);
    const next = times(CONCURRENCY + 1, () => limiter.receive('ann', async () => 'received'));
    expect(await Promise.all(next)).toHaveLength(CONCURRENCY + 1); // each slot was released once, not twice
  });

  it('limits the uploads that one user sends at once, and not those of others', async () => {
    const limiter = new UploadLimiter({ perUser: 3, waitMs: 5_000 });
    const slow = Promise.withResolvers<void>();
    let started = 0;
    const senders = times(5, () => limiter.receive('slow', () => ((started += 1), slow.promise)));
    expect(await limiter.receive('ann', async () => 'received')).toBe('received');
    expect(started).toBe(3);
    slow.resolve();
    await Promise.all(senders);
    expect(started).toBe(5);
  });

  it('rejects an upload that waited too long for others of its user', async () => {
    const limiter = new UploadLimiter({ perUser: 3, waitMs: 20 });
    const slow = Promise.withResolvers<void>();
    const senders = times(3, () => limiter.receive('slow', () => slow.promise));
    await expect(limiter.receive('slow', async () => 'received')).rejects.toMatchObject({ code: 'too_many_uploads' });
    slow.resolve();
    await Promise.all(senders);
    expect(await limiter.receive('slow', async () => 'received')).toBe('received');
  });

  it('rejects stale waiters after consecutive dependency failures, and keeps new ones', async () => {
    const limiter = new UploadLimiter();
    const outage = Promise.withResolvers<void>();
    const hanging = times(CONCURRENCY, () => limiter.commit(() => outage.promise));
    const stale = [limiter.commit(async () => 'stale'), limiter.receive('ann', async () => 'stale')];
    await sleep(1_100);
    const outcomes = Promise.allSettled([...hanging, ...stale, limiter.receive('ann', async () => 'new')]);
    outage.reject(new DependencyUnavailableError('dynamodb', new Error('hangs')));
    const unavailable = { status: 'rejected', reason: expect.any(DependencyUnavailableError) };
    expect((await outcomes).slice(CONCURRENCY)).toEqual([
      unavailable,
      unavailable,
      { status: 'fulfilled', value: 'new' },
    ]);
  });

  it('rejects no waiter while the failures stay below the threshold', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const failing = times(7, () =>
      limiter.commit(() =>
        gate.promise.then(() => Promise.reject(new DependencyUnavailableError('dynamodb', new Error('cut')))),
      ),
    );
    const succeeding = times(CONCURRENCY - 7, () => limiter.commit(() => gate.promise));
    const waiting = limiter.receive('ann', async () => 'received');
    await sleep(1_100);
    const outcomes = Promise.allSettled([...failing, ...succeeding]);
    gate.resolve();
    await outcomes;
    expect(await waiting).toBe('received');
  });

  it('does not count errors that are not dependency failures', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const rejected = Promise.allSettled(times(CONCURRENCY, () => limiter.commit(() => gate.promise)));
    const next = limiter.commit(async () => 'next');
    gate.reject(new Error('quota'));
    await rejected;
    expect(await next).toBe('next');
  });
});
