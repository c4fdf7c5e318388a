import { restEta, roundedApart, runEta, waitEta } from './queue-estimator';

const runs = [2, 2, 3, 3, 4, 4, 5, 5, 6, 20];

describe('time left', () => {
  it('of a run lies between the quick and the slow ones of the past, not at the odd one out', () => {
    const [low, high] = runEta(runs);
    expect(low).toBeGreaterThanOrEqual(2);
    expect(high).toBeGreaterThan(5);
    expect(high).toBeLessThan(20);
  });

  it('of a run that goes on is judged by those that lasted longer, and unknown once none did', () => {
    const [, high] = restEta(runs, 5.5)!;
    expect(high).toBeLessThanOrEqual(14.5);
    expect(restEta(runs, 21)).toBeNull();
  });

  it('of a queue shrinks with every one that leaves it, and is shared by those who work', () => {
    const waits = [8, 4, 2, 1, 0].map((before) => waitEta(before, 1, runs, 0));
    for (const [at, [low, high]] of waits.entries()) {
      expect(low).toBeLessThanOrEqual(high);
      if (at > 0) expect([low <= waits[at - 1]![0], high < waits[at - 1]![1]]).toEqual([true, true]);
    }
    expect(waitEta(8, 4, runs, 0)[1]).toBeLessThan(waits[0]![1]);
    expect(waitEta(0, 0, runs, 0)).toEqual([0, 0]);
    expect(waitEta(0, 0, runs, 600)).toEqual([0, 600]);
  });

  it('holds the mean of what is ahead', () => {
    const mean = runs.reduce((sum, seconds) => sum + seconds) / runs.length;
    const [low, high] = waitEta(30, 2, runs, 0);
    expect(low).toBeLessThan((30 * mean) / 2);
    expect(high).toBeGreaterThan((30 * mean) / 2);
  });

  it('is told in whole seconds and never as none at all', () => {
    expect(roundedApart([0.2, 0.4])).toEqual([0, 1]);
    expect(roundedApart([1.9, 2.1])).toEqual([1, 3]);
  });
});
