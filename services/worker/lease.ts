import { DependencyUnavailableError, retry } from '#platform';

export const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
const RETRY_MS = 500;
/** Aborted work ends sooner than this, unless it hangs. */
const HANG_AFTER_MS = 60_000;

/** Another delivery has claimed the work or soon may: later writes of this one are fenced. */
class LeaseLostError extends Error {
  constructor() {
    super('the lease was lost');
  }
}

/**
 * Renews the lease of a claim, {@link LEASE_MS} long, with the progress, while its work runs. `signal` aborts on its
 * loss and at shutdown.
 */
export class Lease {
  progress = 0;
  readonly signal: AbortSignal;
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private heldUntil = Date.now() + LEASE_MS;
  private limitAt = Number.POSITIVE_INFINITY;
  private onHang = () => {};
  private hangTimer: NodeJS.Timeout | undefined;

  /** @param renewClaim writes the lease and the progress in percent; false when the claim is no longer held */
  constructor(
    private readonly renewClaim: (progress: number) => Promise<boolean>,
    shutdown: AbortSignal,
  ) {
    this.signal = AbortSignal.any([shutdown, this.lost.signal]);
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  get isLost(): boolean {
    return this.lost.signal.aborted;
  }

  /** Whether it expired at its time limit: its work may hang. */
  get isTimedOut(): boolean {
    return this.hangTimer !== undefined;
  }

  /** Retries `work` while a dependency is unavailable and the lease is held: a short outage must not lose results. */
  retryWhileHeld<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, {
      everyMs: RETRY_MS,
      isRetryable: (error) =>
        error instanceof DependencyUnavailableError && !this.isLost && Date.now() <= this.heldUntil,
    });
  }

  /**
   * Sets the time limit in ms: work that has no limit of its own (e.g. on a hanging disk) must not hold the medium for
   * ever; another delivery claims it then. `onHang` is called when the work does not end although it was aborted.
   */
  limit(maxMs: number, onHang: () => void): void {
    this.limitAt = Date.now() + maxMs;
    this.onHang = onHang;
  }

  end(): void {
    clearInterval(this.timer);
    clearTimeout(this.hangTimer);
  }

  private async renew(): Promise<void> {
    const startedAt = Date.now();
    if (startedAt > this.limitAt) return this.expire();
    try {
      if (await this.renewClaim(this.progress)) this.heldUntil = startedAt + LEASE_MS;
      else this.lost.abort(new LeaseLostError());
    } catch {
      // the table is unavailable: the lease is held until it ends
      if (Date.now() > this.heldUntil) this.lost.abort(new LeaseLostError());
    }
  }

  private expire(): void {
    clearInterval(this.timer);
    this.lost.abort(new LeaseLostError());
    this.hangTimer = setTimeout(this.onHang, HANG_AFTER_MS);
  }
}
