import pRetry from 'p-retry';

export interface RetryOptions {
  /** Pause between two attempts. */
  everyMs: number;
  /** No attempt is started later; unlimited by default. */
  forMs?: number;
  /** Whether another attempt may succeed; by default after every error. */
  isRetryable?: (error: Error) => boolean;
  signal?: AbortSignal;
  /** For background work, whose pauses must not keep the process running. */
  unref?: boolean;
}

/**
 * Runs `work` until it succeeds, at a fixed interval.
 * @throws the latest error after `forMs`, the first error that is not retryable (a `TypeError` never is), or the reason
 *   of `signal`
 */
export function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { everyMs, forMs = Number.POSITIVE_INFINITY, isRetryable = () => true, signal, unref = false } = options;
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    factor: 1,
    minTimeout: everyMs,
    maxRetryTime: forMs,
    unref,
    shouldRetry: ({ error }) => isRetryable(error),
    ...(signal && { signal }),
  });
}

const BACKGROUND: RetryOptions = { everyMs: 5_000, forMs: 30 * 60_000, unref: true };

/**
 * Retries `work` every 5 s for half an hour, until the dependencies are available again. Never rejects.
 * @returns false when every attempt failed.
 */
export function retryInBackground(work: () => Promise<unknown>): Promise<boolean> {
  return retry(work, BACKGROUND).then(
    () => true,
    () => false,
  );
}
