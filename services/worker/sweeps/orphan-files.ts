import { Injectable, Logger } from '@nestjs/common';
import {
  isComplete,
  MediaCounters,
  MediaRepository,
  storageRoots,
  StoredFolders,
  type MediaRoot,
  type StoredFolder,
} from '#media';

/** Longer than any upload, write or delivery takes. */
export const STALE_MS = 24 * 3_600_000;
/** Folders that are compared with one scan of the table. */
const BATCH = 100_000;
/** Crashes do not orphan a larger share of media: the table has lost rows, which can be rebuilt from their files. */
const SUSPICIOUS_SHARE = 0.05;

/** Erases files that are unreferenced for a day, as left by rejected uploads and crashed deliveries. */
@Injectable()
export class OrphanFiles {
  private readonly logger = new Logger(OrphanFiles.name);

  constructor(
    private readonly folders: StoredFolders,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
  ) {}

  /** Returns the number of erased folders. */
  async erase(now = new Date(), signal?: AbortSignal): Promise<number> {
    const originals = await this.orphansBelow(storageRoots.originals, now, signal);
    const complete = originals.orphans.filter(isComplete);
    const isSuspicious = complete.length > originals.total * SUSPICIOUS_SHARE;
    if (isSuspicious)
      this.logger.error({
        orphans: complete.length,
        folders: originals.total,
        msg: 'kept files without an item: the table may have lost rows, see `npm run doctor`',
      });
    const erasable = isSuspicious
      ? originals.orphans.filter((folder) => !isComplete(folder))
      : [...originals.orphans, ...(await this.orphansBelow(storageRoots.derived, now, signal)).orphans];
    let erased = 0;
    for (const folder of erasable) {
      signal?.throwIfAborted();
      if (!(await this.isErasable(folder))) continue;
      await this.folders.erase(folder);
      erased += 1;
    }
    return erased;
  }

  private async orphansBelow(
    root: MediaRoot,
    now: Date,
    signal?: AbortSignal,
  ): Promise<{ orphans: StoredFolder[]; total: number }> {
    const orphans: StoredFolder[] = [];
    let total = 0;
    const batch = new Map<string, StoredFolder>();
    for await (const folder of this.folders.below(root)) {
      signal?.throwIfAborted();
      total += 1;
      if (folder.modifiedAt.getTime() > now.getTime() - STALE_MS) continue;
      batch.set(folder.prefix, folder);
      if (batch.size === BATCH) await this.collectUnreferenced(batch, orphans);
    }
    await this.collectUnreferenced(batch, orphans);
    return { orphans, total };
  }

  private async collectUnreferenced(batch: Map<string, StoredFolder>, orphans: StoredFolder[]): Promise<void> {
    if (batch.size === 0) return;
    for await (const prefix of this.folders.named()) batch.delete(prefix);
    orphans.push(...batch.values());
    batch.clear();
  }

  /** Checks again before erasing. Files of a user without any rows are kept: they may be all that is left. */
  private async isErasable({ userId, mediaId }: StoredFolder): Promise<boolean> {
    if (!userId) return true;
    const [item, reserved] = await Promise.all([
      this.media.getEvenDeleted({ userId, id: mediaId }),
      this.counters.reservations(userId),
    ]);
    return item === null && reserved !== null && !(mediaId in reserved);
  }
}
