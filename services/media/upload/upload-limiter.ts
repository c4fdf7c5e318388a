import { DependencyUnavailableError } from '#platform';

/** More concurrent uploads would only wait for each other, and overload a slow table until every request times out. */
const CONCURRENCY = 16;
/** Long enough to receive a small file; a larger one continues without its slot. */
const RECEIVE_SLOT_MS = 2_000;
/** Opens the circuit: so many consecutive dependency failures are an outage, not single lost requests. */
const FAILURE_THRESHOLD = 8;
/** Waiters younger than this are kept when the circuit opens: the dependency may be available again for them. */
const STALE_AFTER_MS = 1_000;

interface Waiter {
  since: number;
  start: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Limits concurrent uploads. The others wait with their bytes unread, as long as the table answers. After 8 consecutive
 * dependency failures the circuit opens: waiters older than 1 s and all waiting commits are rejected with the same
 * error. Commits, which have all their bytes, go before uploads whose bytes are still to be received.
 */
export class UploadLimiter {
  private running = 0;
  private failures = 0;
  private readonly queues: Record<'commit' | 'receive', Waiter[]> = { commit: [], receive: [] };

  /**
   * Runs `work`, which receives bytes. It gives its slot back after 2 s at most, so that slow clients block no others.
   */
  async receive<T>(work: () => Promise<T>): Promise<T> {
    await this.acquireSlot('receive');
    let holdsSlot = true;
    const releaseOnce = () => {
      if (holdsSlot) this.releaseSlot();
      holdsSlot = false;
    };
    const timer = setTimeout(releaseOnce, RECEIVE_SLOT_MS);
    try {
      return await this.countingFailures(work);
    } finally {
      clearTimeout(timer);
      releaseOnce();
    }
  }

  /** Runs `work`, which makes a medium of received bytes. Not to be called within `receive`. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    await this.acquireSlot('commit');
    try {
      const result = await this.countingFailures(work);
      this.failures = 0;
      return result;
    } finally {
      this.releaseSlot();
    }
  }

  private async acquireSlot(queue: 'commit' | 'receive'): Promise<void> {
    if (this.running < CONCURRENCY) this.running += 1;
    else await new Promise<void>((start, reject) => void this.queues[queue].push({ since: Date.now(), start, reject }));
  }

  private releaseSlot(): void {
    const next = this.queues.commit.shift() ?? this.queues.receive.shift();
    if (next) next.start();
    else this.running -= 1;
  }

  private async countingFailures<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DependencyUnavailableError && (this.failures += 1) >= FAILURE_THRESHOLD)
        this.rejectStaleWaiters(error);
      throw error;
    }
  }

  private rejectStaleWaiters(reason: DependencyUnavailableError): void {
    const staleBefore = Date.now() - STALE_AFTER_MS;
    // All commits: their clients have sent the last byte and would wait for another timeout of the table.
    for (const { reject } of this.queues.commit.splice(0)) reject(reason);
    for (const { since, reject } of this.queues.receive) if (since < staleBefore) reject(reason);
    this.queues.receive = this.queues.receive.filter(({ since }) => since >= staleBefore);
  }
}
