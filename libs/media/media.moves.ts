import { failures, type FailureCode } from '#contracts';
import type { Change } from '#platform';
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

export function applyEnding(before: MediaItem, token: string, ending: Ending, at: string): Move {
  const base = {
    ...before,
    status: ending.status,
    derivedToken: token,
    updatedAt: at,
    history: appendHistory(before, ending.status, at),
  };
  if (ending.status === 'failed') {
    const [message, retryable] = failures[ending.code];
    const after = { ...base, failure: { code: ending.code, message, retryable } };
    return { after, changed: ['status', 'derivedToken', 'updatedAt', 'history', 'failure'] };
  }
  const after = {
    ...base,
    ...ending.facts,
    derivedBytes: ending.derivedBytes,
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
const MAX_HISTORY = 300;

function appendHistory(item: MediaItem, status: MediaItem['status'], at: string): MediaItem['history'] {
  return [...item.history, { status, at, round: item.round }].slice(-MAX_HISTORY);
}
