import { setTimeout as sleep } from 'node:timers/promises';
import { DependencyUnavailableError } from '#platform';
import { UploadLimiter } from './upload-limiter';

const AT_ONCE = 16;
const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));

describe('UploadLine', () => {
  it('runs so many at once, and all in the end', async () => {
    const limiter = new UploadLimiter();
    let running = 0;
    let most = 0;
    const work = async (at: number) => {
      most = Math.max(most, (running += 1));
      await sleep(1);
      running -= 1;
      return at;
    };
    const all = times(200, (at) => (at % 2 === 0 ? limiter.commit(() => work(at)) : limiter.begin(() => work(at))));
    expect(await Promise.all(all)).toEqual(times(200, (at) => at));
    expect(most).toBe(AT_ONCE);
  });

  it('brings what has arrived to its end before it lets others in', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const first = times(AT_ONCE, () => limiter.commit(() => gate.promise));
    const rest = [
      limiter.begin(async () => void order.push('begin')),
      limiter.commit(async () => void order.push('commit')),
    ];
    gate.resolve();
    await Promise.all([...first, ...rest]);
    expect(order).toEqual(['commit', 'begin']);
  });

  it('lets nobody wait for slow senders', async () => {
    const limiter = new UploadLimiter();
    const slow = Promise.withResolvers<void>();
    const senders = times(AT_ONCE, () => limiter.begin(() => slow.promise));
    expect(await limiter.begin(async () => 'in')).toBe('in');
    slow.resolve();
    await Promise.all(senders);
    expect(await Promise.all(times(AT_ONCE + 1, () => limiter.begin(async () => 'in')))).toHaveLength(AT_ONCE + 1); // each gave one place back, not two
  });

  it('refuses who has waited, once the table is found to be away, and lets newcomers find out for themselves', async () => {
    const limiter = new UploadLimiter();
    const away = Promise.withResolvers<void>();
    const hanging = times(AT_ONCE, () => limiter.commit(() => away.promise));
    const patient = [limiter.commit(async () => 'patient'), limiter.begin(async () => 'patient')];
    await sleep(1_100);
    const outcomes = Promise.allSettled([...hanging, ...patient, limiter.begin(async () => 'newcomer')]);
    away.reject(new DependencyUnavailableError('dynamodb', new Error('hangs')));
    const unavailable = { status: 'rejected', reason: expect.any(DependencyUnavailableError) };
    expect((await outcomes).slice(AT_ONCE)).toEqual([
      unavailable,
      unavailable,
      { status: 'fulfilled', value: 'newcomer' },
    ]);
  });

  it('refuses nobody because some were unlucky', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const unlucky = times(7, () =>
      limiter.commit(() =>
        gate.promise.then(() => Promise.reject(new DependencyUnavailableError('dynamodb', new Error('cut')))),
      ),
    );
    const lucky = times(AT_ONCE - 7, () => limiter.commit(() => gate.promise));
    const patient = limiter.begin(async () => 'in');
    await sleep(1_100);
    const outcomes = Promise.allSettled([...unlucky, ...lucky]);
    gate.resolve();
    await outcomes;
    expect(await patient).toBe('in');
  });

  it('goes on after a refusal that is about one upload alone', async () => {
    const limiter = new UploadLimiter();
    const gate = Promise.withResolvers<void>();
    const refused = Promise.allSettled(times(AT_ONCE, () => limiter.commit(() => gate.promise)));
    const next = limiter.commit(async () => 'next');
    gate.reject(new Error('quota'));
    await refused;
    expect(await next).toBe('next');
  });
});
