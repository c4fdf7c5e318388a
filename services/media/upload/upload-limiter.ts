import { ProblemError } from '#nest';
import { DependencyUnavailableError } from '#platform';

/** More concurrent uploads would only wait for each other, and overload a slow table until every request times out. */
const CONCURRENCY = 16;
/** Files that a user may send to this process at once: less than the unfinished uploads that a user may have (100). */
const PER_USER = 40;
/** How long the next file of a user waits while none of these ends. */
const PER_USER_WAIT_MS = 60_000;
/** Long enough to receive a small file; a larger one continues without its slot. */
const RECEIVE_SLOT_MS = 2_000;
/** Opens the circuit: so many consecutive dependency failures are an outage, not single lost requests. */
const FAILURE_THRESHOLD = 8;
/** Waiters younger than this are kept when the circuit opens: the dependency may be available again for them. */
const STALE_AFTER_MS = 1_000;

interface Waiter {
  /** The user whose bytes are to be received; null for a commit. */
  userId: string | null;
  since: number;
  start: () => void;
  reject: (reason: unknown) => void;
}

interface Sender {
  /** Files that are being received, with or without a slot. */
  files: number;
  /** When the latest of them ended (epoch ms). */
  endedAt: number;
}

/**
 * Limits concurrent uploads, of all users and of each. The others wait with their bytes unread, as long as the table
 * answers. After 8 consecutive dependency failures the circuit opens: waiters older than 1 s and all waiting commits
 * are rejected with the same error. Commits, which have all their bytes, go before uploads whose bytes are still to be
 * received.
 */
export class UploadLimiter {
  private running = 0;
  private failures = 0;
  private readonly queues: Record<'commit' | 'receive', Waiter[]> = { commit: [], receive: [] };
  private readonly senders = new Map<string, Sender>();

  constructor(private readonly limits = { perUser: PER_USER, waitMs: PER_USER_WAIT_MS }) {}

  /**
   * Runs `work`, which receives bytes of a user. It gives its slot back after 2 s at most, so that slow clients block
   * no others.
   * @throws {ProblemError} too_many_uploads when the user sends too many files at once, and none of them ends
   */
  async receive<T>(userId: string, work: () => Promise<T>): Promise<T> {
    await this.acquireSlot('receive', userId);
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
      this.recordEnd(userId);
      releaseOnce();
      this.startNext();
    }
  }

  /** Runs `work`, which makes a medium of received bytes. Not to be called within `receive`. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    await this.acquireSlot('commit', null);
    try {
      const result = await this.countingFailures(work);
      this.failures = 0;
      return result;
    } finally {
      this.releaseSlot();
    }
  }

  private async acquireSlot(queue: 'commit' | 'receive', userId: string | null): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { userId, since: Date.now(), start: resolve, reject };
    this.queues[queue].push(waiter);
    this.startNext();
    if (!userId) return promise;
    const patience = setInterval(() => this.rejectIfStuck(waiter, userId), this.limits.waitMs);
    await promise.finally(() => clearInterval(patience));
  }

  private releaseSlot(): void {
    this.running -= 1;
    this.startNext();
  }

  private startNext(): void {
    while (this.running < CONCURRENCY) {
      const next = this.queues.commit.shift() ?? this.takeReceiver();
      if (!next) return;
      this.running += 1;
      next.start();
    }
  }

  private takeReceiver(): Waiter | undefined {
    const at = this.queues.receive.findIndex(({ userId }) => !this.sendsTooMany(userId!));
    if (at < 0) return undefined;
    const [waiter] = this.queues.receive.splice(at, 1);
    const sender = this.senders.get(waiter!.userId!) ?? { files: 0, endedAt: Date.now() };
    sender.files += 1;
    this.senders.set(waiter!.userId!, sender);
    return waiter;
  }

  private recordEnd(userId: string): void {
    const sender = this.senders.get(userId)!;
    sender.files -= 1;
    sender.endedAt = Date.now();
    if (sender.files === 0) this.senders.delete(userId);
  }

  private sendsTooMany(userId: string): boolean {
    return (this.senders.get(userId)?.files ?? 0) >= this.limits.perUser;
  }

  private rejectIfStuck(waiter: Waiter, userId: string): void {
    const isStuck = this.sendsTooMany(userId) && this.senders.get(userId)!.endedAt <= Date.now() - this.limits.waitMs;
    if (!isStuck) return;
    this.queues.receive = this.queues.receive.filter((other) => other !== waiter);
    waiter.reject(new ProblemError('too_many_uploads', { headers: { 'Retry-After': '60' } }));
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
