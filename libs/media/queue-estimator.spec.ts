import { remainingEta, roundOutward, runEta, waitEta } from './queue-estimator';

const runs = [2, 2, 3, 3, 4, 4, 5, 5, 6, 20];

describe('the time estimate', () => {
  it('of a run ranges from fast to slow past runs and ignores outliers', () => {
    const [low, high] = runEta(runs);
    expect(low).toBeGreaterThanOrEqual(2);
    expect(high).toBeGreaterThan(5);
    expect(high).toBeLessThan(20);
  });

  it('of an active run is based on past runs that lasted longer, and null when none did', () => {
    const [, high] = remainingEta(runs, 5.5)!;
    expect(high).toBeLessThanOrEqual(14.5);
    expect(remainingEta(runs, 21)).toBeNull();
  });

  it('of a wait falls with every medium before it and with more workers', () => {
    const waits = [8, 4, 2, 1, 0].map((before) => waitEta(before, 1, runs, 0));
    for (const [at, [low, high]] of waits.entries()) {
      expect(low).toBeLessThanOrEqual(high);
      if (at > 0) expect([low <= waits[at - 1]![0], high < waits[at - 1]![1]]).toEqual([true, true]);
    }
    expect(waitEta(8, 4, runs, 0)[1]).toBeLessThan(waits[0]![1]);
    expect(waitEta(0, 0, runs, 0)).toEqual([0, 0]);
    expect(waitEta(0, 0, runs, 600)).toEqual([0, 600]);
  });

  it('of a wait contains the mean', () => {
    const mean = runs.reduce((sum, seconds) => sum + seconds) / runs.length;
    const [low, high] = waitEta(30, 2, runs, 0);
    expect(low).toBeLessThan((30 * mean) / 2);
    expect(high).toBeGreaterThan((30 * mean) / 2);
  });

  it('is rounded outward to whole seconds, with an upper bound of at least 1', () => {
    expect(roundOutward([0.2, 0.4])).toEqual([0, 1]);
    expect(roundOutward([1.9, 2.1])).toEqual([1, 3]);
  });
});
