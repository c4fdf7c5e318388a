import { Injectable } from '@nestjs/common';
import {
  MediaAnnouncer,
  MediaCounters,
  MediaEraser,
  MediaRepository,
  QUOTA_ROW,
  RESERVATION_MS,
  type MediaItem,
  type MediaKey,
} from '#media';
import { ScheduledJob } from '#nest';
import { Locks, shards } from '#platform';

const SCHEDULE = { name: 'sweep:media', everyMs: 5_000, lockMs: 15_000 };
/** An event that its consumer did not confirm in this time is sent again. */
const UNCONFIRMED_MS = 30_000;
const RECHECK_MS = 30_000;
const ERASE_RETRY_MS = 5_000;

/**
 * What keeps a medium from being stuck, whatever got lost: wakes open items that lost their wake-up, hands on those whose
 * lease died, sends unconfirmed events again, finishes deletions, and frees the room that dead uploads held.
 * One worker at a time does it, under a lock that ends with its holder.
 */
@Injectable()
export class MediaSweeper extends ScheduledJob {
  constructor(
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly eraser: MediaEraser,
    private readonly announcer: MediaAnnouncer,
    locks: Locks,
  ) {
    super(locks, SCHEDULE);
  }

  /** One round over everything that is due. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const now = new Date();
    for (const shard of shards) {
      for await (const key of this.media.due(shard, now)) {
        if (signal?.aborted) return;
        await this.sweepItem(key, now);
      }
    }
    await this.announcer.announceAgain(UNCONFIRMED_MS, signal);
  }

  private async sweepItem(key: MediaKey, now: Date): Promise<void> {
    if (key.id === QUOTA_ROW)
      return this.counters.expireReservations(
        key.userId,
        (upload) => this.eraser.discardIfStale(upload, new Date(now.getTime() - RESERVATION_MS)),
        now,
      );
    const item = await this.media.getEvenDeleted(key);
    if (!item?.openAt || item.openAt > now.toISOString()) return; // the index lags behind the table
    if (item.deletedAt) return this.erase(item);
    await this.announcer.wakeAgain(item);
    await this.media.postpone(item, RECHECK_MS);
  }

  private async erase(item: MediaItem): Promise<void> {
    if (!item.filesErasedAt) await this.eraser.erase(item);
    if (!(await this.media.removeErased(item))) await this.media.postpone(item, ERASE_RETRY_MS);
  }
}
