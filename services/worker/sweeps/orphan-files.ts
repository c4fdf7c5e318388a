import { Injectable, Logger } from '@nestjs/common';
import { isComplete, MediaCounters, MediaRepository, StoredFolders, type StoredFolder } from '#media';

/** No upload, no write and no delivery lives as long. */
export const STALE_MS = 24 * 3_600_000;
/** So many folders are compared with the table at once. */
const BATCH = 100_000;
/** More media than this share do not vanish by crashes: the table lost rows, and their files are what it can be rebuilt from. */
const SUSPICIOUS_SHARE = 0.05;

/** Erases bytes that nobody names for a day: of refused uploads, and of deliveries that died before they could do it themselves. */
@Injectable()
export class OrphanFiles {
  private readonly logger = new Logger(OrphanFiles.name);

  constructor(
    private readonly folders: StoredFolders,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
  ) {}

  /** @returns how many folders went. */
  async erase(now = new Date(), signal?: AbortSignal): Promise<number> {
    const originals = await this.orphansBelow('originals', now, signal);
    const complete = originals.orphans.filter(isComplete);
    const isSuspicious = complete.length > originals.total * SUSPICIOUS_SHARE;
    if (isSuspicious)
      this.logger.error({
        orphans: complete.length,
        folders: originals.total,
        msg: 'files without an item were left alone: the table may have lost rows, see `npm run doctor`',
      });
    const unneeded = isSuspicious
      ? originals.orphans.filter((folder) => !isComplete(folder))
      : [...originals.orphans, ...(await this.orphansBelow('derived', now, signal)).orphans];
    let erased = 0;
    for (const folder of unneeded) {
      signal?.throwIfAborted();
      if (!(await this.isErasable(folder))) continue;
      await this.folders.erase(folder);
      erased += 1;
    }
    return erased;
  }

  private async orphansBelow(
    root: 'originals' | 'derived',
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

  /** Looked at once more. What belongs to somebody the table has never heard of may be all that is left of them. */
  private async isErasable({ userId, mediaId }: StoredFolder): Promise<boolean> {
    if (!userId) return true;
    const [item, reserved] = await Promise.all([
      this.media.getEvenDeleted({ userId, id: mediaId }),
      this.counters.reservations(userId),
    ]);
    return item === null && reserved !== null && !(mediaId in reserved);
  }
}
