import { DependencyUnavailableError, StorageFullError, type WorkResult } from '#platform';
import { isExhaustion } from './analysis';

/** The wake-up is done. */
export const DONE: WorkResult = { next: 'done' };
/** Backoff after an outage, so that a recovering dependency is not overloaded. */
export const OUTAGE_PAUSE_MS = 3_000;

/** Delivers the wake-up again after a pause. */
export const retryAfter = (pauseMs: number): WorkResult => ({ next: 'again', at: new Date(Date.now() + pauseMs) });

/** Whether an error is an outage: the work is released with a backoff, and the error is not counted. */
export const isOutage = (error: unknown): boolean =>
  error instanceof DependencyUnavailableError || error instanceof StorageFullError || isExhaustion(String(error));
