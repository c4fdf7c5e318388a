import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaKey, MediaRepository } from '#media';
import { DependencyUnavailableError } from '#platform';

export const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
const RETRY_MS = 500;
/** Work that was told to end does so sooner. */
const HANG_AFTER_MS = 60_000;

/** Somebody else has, or may soon have, the medium: whatever this delivery still does is void. */
class LeaseLostError extends Error {
  constructor() {
    super('The lease of this delivery ended');
  }
}

/** Keeps a claim alive while its work lives, and carries the progress. `signal` aborts when it is lost or at shutdown. */
export class Lease {
  progress = 0;
  readonly signal: AbortSignal;
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private heldUntil = Date.now() + LEASE_MS;
  private limitAt = Number.POSITIVE_INFINITY;
  private onHang = () => {};
  private hangTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly media: MediaRepository,
    private readonly key: MediaKey,
    private readonly token: string,
    shutdown: AbortSignal,
  ) {
    this.signal = AbortSignal.any([shutdown, this.lost.signal]);
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  get isLost(): boolean {
    return this.lost.signal.aborted;
  }

  /** It was given up at its limit: its work may hang. */
  get isTimedOut(): boolean {
    return this.hangTimer !== undefined;
  }

  /** Tries again while a dependency is away and the medium is ours: nothing that was worked out is thrown away for a moment's outage. */
  async retryWhileHeld<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DependencyUnavailableError) || this.isLost || Date.now() > this.heldUntil) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  /**
   * Holds the medium for so much longer at most: what can not be limited itself (a disk that hangs, say) must not keep it for
   * ever. Another delivery takes it over then. `onHang` is called where the work does not end though it was told to.
   */
  limit(longestMs: number, onHang: () => void): void {
    this.limitAt = Date.now() + longestMs;
    this.onHang = onHang;
  }

  end(): void {
    clearInterval(this.timer);
    clearTimeout(this.hangTimer);
  }

  private async renew(): Promise<void> {
    const asked = Date.now();
    if (asked > this.limitAt) return this.expire();
    try {
      if (await this.media.renew(this.key, this.token, LEASE_MS, this.progress)) this.heldUntil = asked + LEASE_MS;
      else this.lost.abort(new LeaseLostError());
    } catch {
      if (Date.now() > this.heldUntil) this.lost.abort(new LeaseLostError()); // the table is away: ours until the lease ends
    }
  }

  private expire(): void {
    clearInterval(this.timer);
    this.lost.abort(new LeaseLostError());
    this.hangTimer = setTimeout(this.onHang, HANG_AFTER_MS);
  }
}
