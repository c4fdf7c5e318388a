import { failures, type FailureCode } from '#contracts';
import type { Change } from '#platform';
import type { MediaFacts, MediaItem } from './media.item';

export type Ending =
  | { status: 'completed'; facts: MediaFacts; derivedBytes: number }
  | { status: 'failed'; code: FailureCode };

/** The item after a move, and the names of the fields that the move changes. Pure: the repository writes them. */
export interface Move {
  after: MediaItem;
  changed: ReadonlyArray<keyof MediaItem>;
}

export function claimed(before: MediaItem, token: string, at: string): Move {
  const after: MediaItem = {
    ...before,
    status: 'processing',
    token,
    progress: 0,
    updatedAt: at,
    history: extended(before, 'processing', at),
  };
  return { after, changed: ['status', 'token', 'progress', 'updatedAt', 'history'] };
}

export function ended(before: MediaItem, token: string, ending: Ending, at: string): Move {
  const base = {
    ...before,
    status: ending.status,
    derivedToken: token,
    updatedAt: at,
    history: extended(before, ending.status, at),
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

export function retried(before: MediaItem, at: string): Move {
  const cleared = { failure: null, completedAt: null, progress: 0, crashes: 0, errors: 0, derivedToken: null };
  const after: MediaItem = { ...before, ...cleared, status: 'uploaded', round: before.round + 1, updatedAt: at };
  after.history = extended(after, 'uploaded', at);
  return {
    after,
    changed: ['status', 'round', 'updatedAt', 'history', ...(Object.keys(cleared) as Array<keyof typeof cleared>)],
  };
}

/** The changed fields in the form that an update takes. */
export function fieldsOf({ after, changed }: Move): NonNullable<Change['set']> {
  return changed.map((name) => [name, after[name]] as const);
}

/** So many steps are kept: some hundred retries, of a few hundred bytes each round. */
const MAX_HISTORY = 300;

function extended(item: MediaItem, status: MediaItem['status'], at: string): MediaItem['history'] {
  return [...item.history, { status, at, round: item.round }].slice(-MAX_HISTORY);
}
