import PQueue from 'p-queue';
import { DependencyUnavailableError } from './errors';

/** Limits concurrency: the rest waits in two bounded queues, the first of which has priority. */
export class ConcurrencyLimiter {
  private readonly queue: PQueue;

  constructor(
    concurrency: number,
    private readonly maxWaiting: number,
  ) {
    this.queue = new PQueue({ concurrency });
  }

  /** Returns null when the queue is full. */
  schedule<T>(isFirst: boolean, work: () => Promise<T>): Promise<T> | null {
    const priority = isFirst ? 1 : 0;
    const mustWait = this.queue.pending >= this.queue.concurrency;
    return mustWait && this.queue.sizeBy({ priority }) >= this.maxWaiting ? null : this.queue.add(work, { priority });
  }
}

/** Thrown when too much work of a key is waiting. */
export class LimiterFullError extends Error {}

interface Waiter {
  start: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Limits concurrency for each key; the rest of a key waits in order. Put before a queue that all keys share, it makes
 * that one fair: each key has at most `concurrency` entries in it.
 */
export class KeyedLimiter {
  private readonly keys = new Map<string, { running: number; waiting: Waiter[] }>();

  constructor(
    private readonly concurrency: number,
    private readonly maxWaiting: number,
  ) {}

  /**
   * When `work` finds a dependency unavailable, the waiting work of its key is rejected with the same error: one after
   * the other would wait for the same timeout.
   * @throws {LimiterFullError} before `work` is called
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const state = this.keys.get(key) ?? { running: 0, waiting: [] };
    this.keys.set(key, state);
    if (state.running < this.concurrency) state.running += 1;
    else if (state.waiting.length >= this.maxWaiting) throw new LimiterFullError(`${this.maxWaiting} are waiting`);
    else await new Promise<void>((start, reject) => void state.waiting.push({ start, reject }));
    try {
      return await work();
    } catch (error) {
      if (error instanceof DependencyUnavailableError) for (const { reject } of state.waiting.splice(0)) reject(error);
      throw error;
    } finally {
      const next = state.waiting.shift();
      if (next) next.start();
      else if ((state.running -= 1) === 0) this.keys.delete(key);
    }
  }
}
