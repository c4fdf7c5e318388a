import PQueue from 'p-queue';

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
