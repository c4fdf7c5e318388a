/** Limits concurrency: the rest waits in two bounded queues, the first of which has priority. */
export class ConcurrencyLimiter {
  private running = 0;
  private readonly queues: Record<'first' | 'second', Array<() => void>> = { first: [], second: [] };

  constructor(
    private readonly concurrency: number,
    private readonly maxWaiting: number,
  ) {}

  /** Returns null when the queue is full. */
  schedule<T>(isFirst: boolean, work: () => Promise<T>): Promise<T> | null {
    if (this.running < this.concurrency) return this.run(work);
    const queue = this.queues[isFirst ? 'first' : 'second'];
    if (queue.length >= this.maxWaiting) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push(resolve);
    return promise.then(() => this.run(work));
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      (this.queues.first.shift() ?? this.queues.second.shift())?.();
    }
  }
}
