import { ConcurrencyLimiter } from './limiter';

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
