import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { derivedFolder, MediaCounters, MediaRepository, originalFolder, QUOTA_ROW, type MediaItem, type MediaKey } from '#media';
import { DependencyUnavailableError, JobQueue, Locks, Outbox, shards, STORAGE, type Storage } from '#platform';

const EVERY_MS = 5_000;
const LOCK_MS = 15_000;
/** An event that its consumer did not confirm in this time is sent again. */
const UNCONFIRMED_MS = 30_000;
const LOOK_AGAIN_MS = 30_000;
const ERASE_AGAIN_MS = 5_000;

/**
 * What keeps a medium from being stuck, whatever got lost: wakes open items that lost their wake-up, hands on those whose
 * lease died, sends unconfirmed events again, finishes deletions, and frees room that dead uploads reserved. One worker at a time does it, under a lock that ends with its holder.
 */
@Injectable()
export class MediaSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(MediaSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    private readonly locks: Locks,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** One round over everything that is due. */
  async sweep(): Promise<void> {
    const now = new Date();
    for (const shard of shards) {
      for await (const key of this.media.due(shard, now)) await this.look(key, now);
    }
    await this.outbox.resend('media', ['userId', 'id'], UNCONFIRMED_MS);
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.sweepLocked();
      void this.running.then(() => this.timer && this.schedule());
    }, EVERY_MS);
  }

  private async sweepLocked(): Promise<void> {
    try {
      await this.locks.tryWith('sweep:media', LOCK_MS, () => this.sweep());
    } catch (error) {
      const level = error instanceof DependencyUnavailableError ? 'warn' : 'error';
      this.logger[level]({ err: error, msg: 'the sweep of media did not come to its end; it starts again soon' });
    }
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
      await this.media.markFilesErased(item);
    }
    if (!(await this.media.removeErased(item))) await this.media.postpone(item, ERASE_AGAIN_MS);
  }
}
