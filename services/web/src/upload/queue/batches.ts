import { Topic } from '../../ui/store';
import type { UploadQueue } from './queue';
import type { Totals } from './tally';
import { isSettled, isUnsuccessful, reasonOf, type Upload } from './upload';

export interface SettledBatch extends Totals {
  /** The reason of its failures, where all have the same one; otherwise null. */
  reason: string | null;
  /** How many of the failures are in the library. */
  failedMedia: number;
}

/** Emits `settled` once for each drop, when all of its files are settled. */
export class Batches {
  readonly settled = new Topic<SettledBatch>();
  readonly #announced = new Set<string>();

  update(upload: Upload, queue: UploadQueue): void {
    if (!isSettled(upload) || this.#announced.has(upload.batchId)) return;
    const totals = queue.tally.batch(upload.batchId);
    if (totals.open > 0 || totals.ready + totals.failed + totals.duplicates + totals.missing === 0) return;
    this.#announced.add(upload.batchId);
    const failed = queue.all.filter((one) => one.batchId === upload.batchId && isUnsuccessful(one));
    const [reason = null, ...others] = new Set(failed.map(reasonOf));
    const failedMedia = failed.filter(({ state }) => state === 'sent').length;
    this.settled.emit({ ...totals, failedMedia, reason: others.length === 0 ? reason : null });
  }

  /** Allows a drop to settle again, after missing files of it were chosen again. */
  reopen(batchId: string): void {
    this.#announced.delete(batchId);
  }
}
