/** Runs so many at once; the rest wait in two lines, the first of which always goes first. Each line is bounded. */
export class ConcurrencyLimiter {
  private running = 0;
  private readonly lines: Record<'first' | 'second', Array<() => void>> = { first: [], second: [] };

  constructor(
    private readonly atOnce: number,
    private readonly maxWaiting: number,
  ) {}

  /** null: the line is full. */
  schedule<T>(isFirst: boolean, work: () => Promise<T>): Promise<T> | null {
    if (this.running < this.atOnce) return this.run(work);
    const line = this.lines[isFirst ? 'first' : 'second'];
    if (line.length >= this.maxWaiting) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    line.push(resolve);
    return promise.then(() => this.run(work));
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      (this.lines.first.shift() ?? this.lines.second.shift())?.();
    }
  }
}
