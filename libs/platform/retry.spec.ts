import { setTimeout as sleep } from 'node:timers/promises';
import { retry } from './retry';

/** Returns work that fails `times` times before it succeeds, and the number of its calls. */
function failing(times: number, error: () => Error = () => new Error('unavailable')) {
  const state = { calls: 0 };
  const work = async () => {
    state.calls += 1;
    if (state.calls <= times) throw error();
    return 'done';
  };
  return { state, work };
}

describe('retry', () => {
  it('repeats work until it succeeds', async () => {
    const { state, work } = failing(3);
    expect(await retry(work, { everyMs: 1 })).toBe('done');
    expect(state.calls).toBe(4);
  });

  it('rejects with the latest error after its time', async () => {
    const { state, work } = failing(Number.POSITIVE_INFINITY, () => new Error(`attempt ${state.calls}`));
    await expect(retry(work, { everyMs: 5, forMs: 40 })).rejects.toThrow(/^attempt \d+$/);
    expect(state.calls).toBeGreaterThan(1);
  });

  it('rejects at once with an error that is not retryable', async () => {
    const { state, work } = failing(3);
    await expect(retry(work, { everyMs: 1, isRetryable: () => false })).rejects.toThrow('unavailable');
    expect(state.calls).toBe(1);
  });

  it('ends a pause when its signal is aborted', async () => {
    const { state, work } = failing(Number.POSITIVE_INFINITY);
    const abort = new AbortController();
    const retried = retry(work, { everyMs: 60_000, signal: abort.signal });
    await sleep(5);
    abort.abort(new Error('shutdown'));
    await expect(retried).rejects.toThrow('shutdown');
    expect(state.calls).toBe(1);
  });
});
