/**
 * Collects the calls of a short time that have the same key, and runs them as one: each write of DynamoDB costs a round
 * trip and at least one unit, however much it changes.
 */
export class Batches<T> {
  private readonly open = new Map<string, { items: T[]; done: Promise<void>; start: () => void }>();

  /**
   * @param run its rejection rejects all calls of the batch
   * @param isComplete whether a batch need not wait for more
   */
  constructor(
    private readonly windowMs: number,
    private readonly maxItems: number,
    private readonly run: (items: T[]) => Promise<void>,
    private readonly isComplete: (items: readonly T[]) => boolean = () => false,
  ) {}

  /** Resolves when the batch that contains `item` has run. */
  add(key: string, item: T): Promise<void> {
    const batch = this.open.get(key) ?? this.begin(key);
    batch.items.push(item);
    if (this.isComplete(batch.items)) batch.start();
    if (batch.items.length === this.maxItems) this.open.delete(key); // the next call begins another
    return batch.done;
  }

  private begin(key: string) {
    const items: T[] = [];
    const started = Promise.withResolvers<void>();
    const timer = setTimeout(started.resolve, this.windowMs);
    const done = started.promise.then(() => {
      clearTimeout(timer);
      if (this.open.get(key) === batch) this.open.delete(key);
      return this.run(items);
    });
    const batch = { items, done, start: started.resolve };
    this.open.set(key, batch);
    return batch;
  }
}
