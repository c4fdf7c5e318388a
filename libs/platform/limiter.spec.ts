import { Turns } from './limiter';

const open = () => Promise.withResolvers<void>();

describe('Turns', () => {
  it('runs so many at once, and the first line before the second', async () => {
    const turns = new Turns(1, 10);
    const gate = open();
    const order: string[] = [];
    const done = [
      turns.take(false, () => gate.promise),
      turns.take(false, async () => void order.push('stranger')),
      turns.take(true, async () => void order.push('owner')),
    ];
    expect(order).toEqual([]);
    gate.resolve();
    await Promise.all(done);
    expect(order).toEqual(['owner', 'stranger']);
  });

  it('refuses who would wait too long, in each line apart', async () => {
    const turns = new Turns(1, 2);
    const gate = open();
    const taken = [0, 1, 2].map(() => turns.take(false, () => gate.promise));
    expect(turns.take(false, () => gate.promise)).toBeNull();
    const owner = turns.take(true, () => gate.promise);
    expect(owner).not.toBeNull();
    gate.resolve();
    await Promise.all([...taken, owner]);
  });

  it('goes on after a failure', async () => {
    const turns = new Turns(1, 2);
    const failing = turns.take(false, () => Promise.reject(new Error('broken')));
    const next = turns.take(false, () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
