import { isRetryable, isSettled, isUnsent, isUnsuccessful, statusOf, type Upload } from './upload';

/** Counts of files and bytes. */
export interface Totals {
  files: number;
  /** Files that are not settled. */
  open: number;
  ready: number;
  failed: number;
  /** Failed files that a retry may help. */
  retryable: number;
  duplicates: number;
  missing: number;
  unsent: number;
  sending: number;
  paused: number;
  /** Bytes on the server after everything is sent. */
  bytes: number;
  sentBytes: number;
  /** Bytes of files that are admitted and not sent yet. */
  admittedBytes: number;
}

const none: Totals = {
  files: 0,
  open: 0,
  ready: 0,
  failed: 0,
  retryable: 0,
  duplicates: 0,
  missing: 0,
  unsent: 0,
  sending: 0,
  paused: 0,
  bytes: 0,
  sentBytes: 0,
  admittedBytes: 0,
};
const keys = Object.keys(none) as (keyof Totals)[];

/** Totals of each batch, updated by each change instead of recounted. */
export class Tally {
  readonly #batches = new Map<string, { totals: Totals; rows: number }>();

  /** Counts an upload that was added (`before` is undefined), changed, or removed (`after` is undefined). */
  replace(before: Upload | undefined, after: Upload | undefined): void {
    const batchId = (after ?? before)?.batchId;
    if (!batchId) return;
    const batch = this.#batches.get(batchId) ?? { totals: none, rows: 0 };
    const rows = batch.rows + (after ? 1 : 0) - (before ? 1 : 0);
    if (rows === 0) return void this.#batches.delete(batchId);
    const share = after ? shareOf(after) : remainderOf(before);
    this.#batches.set(batchId, { rows, totals: add(add(batch.totals, shareOf(before), -1), share, 1) });
  }

  /** Totals of a batch; all zero for an unknown one. */
  batch(id: string): Totals {
    return this.#batches.get(id)?.totals ?? none;
  }

  get all(): Totals {
    return sum([...this.#batches.values()].map(({ totals }) => totals));
  }

  /** Totals of the batches with open files; of all batches when there is none. */
  get current(): Totals {
    const open = [...this.#batches.values()].map(({ totals }) => totals).filter((totals) => totals.open > 0);
    return open.length > 0 ? sum(open) : this.all;
  }
}

function shareOf(upload: Upload | undefined): Totals {
  if (!upload) return none;
  const { state, sizeBytes, loadedBytes } = upload;
  const [isSent, isWanted] = [state === 'sent', isUnsent(upload)];
  return {
    files: 1,
    open: Number(!isSettled(upload)),
    ready: Number(statusOf(upload) === 'completed'),
    failed: Number(isUnsuccessful(upload)),
    retryable: Number(isUnsuccessful(upload) && isRetryable(upload)),
    duplicates: Number(state === 'duplicate'),
    missing: Number(state === 'missing'),
    unsent: Number(isWanted),
    sending: Number(state === 'sending'),
    paused: Number(state === 'paused'),
    bytes: isSent || isWanted ? sizeBytes : 0,
    sentBytes: isSent ? sizeBytes : isWanted ? loadedBytes : 0,
    admittedBytes: isWanted && upload.isAdmitted ? sizeBytes : 0,
  };
}

/** A settled upload that is removed from the list still counts as done; otherwise its batch's progress would fall. */
function remainderOf(removed: Upload | undefined): Totals {
  if (!removed || !isSettled(removed)) return none;
  const { files, bytes, sentBytes } = shareOf(removed);
  return { ...none, files, bytes, sentBytes };
}

const sum = (parts: readonly Totals[]) => parts.reduce((total, part) => add(total, part, 1), none);

function add(total: Totals, part: Totals, sign: 1 | -1): Totals {
  const result = { ...total };
  for (const key of keys) result[key] += sign * part[key];
  return result;
}
