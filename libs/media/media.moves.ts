import { failures, type FailureCode } from '#contracts';
import type { Change } from '#platform';
import type { AnalysisEntries } from './analysis/analysis.entry';
import type { MediaFacts, MediaItem } from './media.item';

export type Ending =
  | { status: 'completed'; facts: MediaFacts; derivedBytes: number }
  | { status: 'failed'; code: FailureCode };

/** The item after a change of status, and the names of the changed fields. Pure: the repository writes them. */
export interface Move {
  after: MediaItem;
  changed: ReadonlyArray<keyof MediaItem>;
}

export function applyClaim(before: MediaItem, token: string, at: string): Move {
  const after: MediaItem = {
    ...before,
    status: 'processing',
    token,
    progress: 0,
    updatedAt: at,
    history: appendHistory(before, 'processing', at),
  };
  return { after, changed: ['status', 'token', 'progress', 'updatedAt', 'history'] };
}

/**
 * A round occupies a worker for many minutes before it times out: after this many the file is what takes too long, not
 * a busy machine, and its owner cannot retry it without end.
 */
const MAX_TIMEOUTS = 3;

/** Whether a failed medium took too long in too many rounds to be retried. */
export const hasExhaustedRetries = ({ timeouts = 0 }: MediaItem) => timeouts >= MAX_TIMEOUTS;

/**
 * The item after the end of a round. `analyses`: those with which a completed one begins. A time-out that cannot be
 * retried fails as `too_complex`.
 */
export function applyEnding(
  before: MediaItem,
  token: string,
  ending: Ending,
  at: string,
  analyses: AnalysisEntries = {},
): Move {
  const base = {
    ...before,
    status: ending.status,
    derivedToken: token,
    updatedAt: at,
    history: appendHistory(before, ending.status, at),
  };
  if (ending.status === 'failed') {
    const timeouts = (before.timeouts ?? 0) + (ending.code === 'processing_timeout' ? 1 : 0);
    const isLast = ending.code === 'processing_timeout' && hasExhaustedRetries({ ...base, timeouts });
    const code = isLast ? 'too_complex' : ending.code;
    const [message, retryable] = failures[code];
    const after = { ...base, timeouts, failure: { code, message, retryable } };
    return { after, changed: ['status', 'derivedToken', 'updatedAt', 'history', 'timeouts', 'failure'] };
  }
  const after = {
    ...base,
    ...ending.facts,
    derivedBytes: ending.derivedBytes,
    analyses,
    progress: 100,
    failure: null,
    completedAt: at,
  };
  const facts = Object.keys(ending.facts) as Array<keyof MediaFacts>;
  return {
    after,
    changed: [
      'status',
      'derivedToken',
      'updatedAt',
      'history',
      'derivedBytes',
      'analyses',
      'progress',
      'failure',
      'completedAt',
      ...facts,
    ],
  };
}

export function applyRetry(before: MediaItem, at: string): Move {
  const cleared = { failure: null, completedAt: null, progress: 0, crashes: 0, errors: 0, derivedToken: null };
  const after: MediaItem = { ...before, ...cleared, status: 'uploaded', round: before.round + 1, updatedAt: at };
  after.history = appendHistory(after, 'uploaded', at);
  return {
    after,
    changed: ['status', 'round', 'updatedAt', 'history', ...(Object.keys(cleared) as Array<keyof typeof cleared>)],
  };
}

/** Returns the changed fields in the form of an update expression's `set`. */
export function changedFields({ after, changed }: Move): NonNullable<Change['set']> {
  return changed.map((name) => [name, after[name]] as const);
}

/** Number of history entries kept, the latest ones: about a hundred rounds of a few hundred bytes each. */
export const MAX_HISTORY = 300;

function appendHistory(item: MediaItem, status: MediaItem['status'], at: string): MediaItem['history'] {
  return [...item.history, { status, at, round: item.round }].slice(-MAX_HISTORY);
}
