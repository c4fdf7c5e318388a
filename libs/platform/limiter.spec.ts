import { DependencyUnavailableError } from './errors';
import { ConcurrencyLimiter, KeyedLimiter, LimiterFullError } from './limiter';

describe('ConcurrencyLimiter', () => {
  it('limits concurrency and runs the first queue before the second', async () => {
    const limiter = new ConcurrencyLimiter(1, 10);
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const done = [
      limiter.schedule(false, () => gate.promise),
      limiter.schedule(false, async () => void order.push('stranger')),
      limiter.schedule(true, async () => void order.push('owner')),
    ];
    expect(order).toEqual([]);
    gate.resolve();
    await Promise.all(done);
    expect(order).toEqual(['owner', 'stranger']);
  });

  it('rejects work when its queue is full, for each queue separately', async () => {
    const limiter = new ConcurrencyLimiter(1, 2);
    const gate = Promise.withResolvers<void>();
    const taken = [0, 1, 2].map(() => limiter.schedule(false, () => gate.promise));
    expect(limiter.schedule(false, () => gate.promise)).toBeNull();
    const owner = limiter.schedule(true, () => gate.promise);
    expect(owner).not.toBeNull();
    gate.resolve();
    await Promise.all([...taken, owner]);
  });

  it('continues after a failure', async () => {
    const limiter = new ConcurrencyLimiter(1, 2);
    const failing = limiter.schedule(false, () => Promise.reject(new Error('broken')));
    const next = limiter.schedule(false, () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});

describe('KeyedLimiter', () => {
  it('limits the concurrency of each key, in order, and continues after a failure', async () => {
    const limiter = new KeyedLimiter(1, 10);
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const failing = limiter.run('a', () => gate.promise.then(() => Promise.reject(new Error('broken'))));
    const rest = [1, 2].map((number) => limiter.run('a', async () => void order.push(`a${number}`)));
    await limiter.run('b', async () => void order.push('b'));
    expect(order).toEqual(['b']);
    gate.resolve();
    await expect(failing).rejects.toThrow('broken');
    await Promise.all(rest);
    expect(order).toEqual(['b', 'a1', 'a2']);
  });

  it('rejects work beyond its waiting limit', async () => {
    const limiter = new KeyedLimiter(1, 1);
    const gate = Promise.withResolvers<void>();
    const accepted = [1, 2].map(() => limiter.run('a', () => gate.promise));
    await expect(limiter.run('a', () => gate.promise)).rejects.toThrow(LimiterFullError);
    gate.resolve();
    await Promise.all(accepted);
    await limiter.run('a', async () => {});
  });

  it('rejects the waiting work of a key when a dependency is unavailable', async () => {
    const limiter = new KeyedLimiter(1, 10);
    const outage = Promise.withResolvers<void>();
    const all = Promise.allSettled([1, 2, 3].map(() => limiter.run('a', () => outage.promise)));
    outage.reject(new DependencyUnavailableError('redis', new Error('hangs')));
    const outcomes = (await all).map((outcome) => outcome.status === 'rejected' && outcome.reason.constructor);
    expect(outcomes).toEqual(Array(3).fill(DependencyUnavailableError));
  });
});
