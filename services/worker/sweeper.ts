import { Inject, Injectable } from '@nestjs/common';
import { derivedFolder, MediaCounters, MediaRepository, originalFolder, QUOTA_ROW, WordIndex, type MediaItem, type MediaKey } from '#media';
import { ScheduledSweep } from '#nest';
import { JobQueue, Locks, Outbox, shards, STORAGE, type Storage } from '#platform';

const SCHEDULE = { name: 'sweep:media', everyMs: 5_000, lockMs: 15_000 };
/** An event that its consumer did not confirm in this time is sent again. */
const UNCONFIRMED_MS = 30_000;
const LOOK_AGAIN_MS = 30_000;
const ERASE_AGAIN_MS = 5_000;
const HOUR_MS = 3_600_000;
/** No write and no job lives as long. */
const STALE_FILES_MS = 24 * HOUR_MS;

/**
 * What keeps a medium from being stuck, whatever got lost: wakes open items that lost their wake-up, hands on those whose
 * lease died, sends unconfirmed events again, finishes deletions,
 * and frees what dead uploads and dead deliveries held. One worker at a time does it, under a lock that ends with its holder.
 */
@Injectable()
export class MediaSweeper extends ScheduledSweep {
  private filesSweptAt = 0;

  constructor(
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly words: WordIndex,
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    locks: Locks,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {
    super(locks, SCHEDULE);
  }

  /** One round over everything that is due. */
  async sweep(): Promise<void> {
    const now = new Date();
    for (const shard of shards) {
      for await (const key of this.media.due(shard, now)) await this.look(key, now);
    }
    await this.outbox.resend('media', ['userId', 'id'], UNCONFIRMED_MS);
    if (now.getTime() < this.filesSweptAt + HOUR_MS) return;
    await this.storage.sweepTemp(STALE_FILES_MS);
    this.filesSweptAt = now.getTime();
  }

  private async look(key: MediaKey, now: Date): Promise<void> {
    if (key.id === QUOTA_ROW) return this.counters.expireReservations(key.userId, async (userId, id) => (await this.media.getEvenDeleted({ userId, id })) !== null);
    const item = await this.media.getEvenDeleted(key);
    if (!item?.openAt || item.openAt > now.toISOString()) return; // the index lags behind the table
    if (item.deletedAt) return this.erase(item);
    await this.queue.send(item.kind, { userId: item.userId, mediaId: item.id, round: item.round });
    await this.media.postpone(item, LOOK_AGAIN_MS);
  }

  private async erase(item: MediaItem): Promise<void> {
    if (!item.filesErasedAt) {
      await this.storage.deletePrefix(derivedFolder(item.id));
      await this.storage.deletePrefix(originalFolder(item));
      await this.words.remove(item);
      await this.media.markFilesErased(item);
    }
    if (!(await this.media.removeErased(item))) await this.media.postpone(item, ERASE_AGAIN_MS);
  }
}
