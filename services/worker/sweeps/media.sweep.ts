import { Injectable } from '@nestjs/common';
import {
  MediaAnnouncer,
  MediaCounters,
  MediaEraser,
  MediaRepository,
  openAnalyses,
  QUOTA_ROW,
  RESERVATION_MS,
  type MediaItem,
  type MediaKey,
} from '#media';
import { ScheduledJob } from '#nest';
import { Locks } from '#platform';

const SCHEDULE = { name: 'sweep:media', everyMs: 5_000, lockMs: 15_000 };
/** An event that is not confirmed within this time is resent. */
const UNCONFIRMED_MS = 30_000;
const RECHECK_MS = 30_000;
/** Analyses may wait for hours behind others, and a check of each costs a write. */
const ANALYSES_RECHECK_MS = 10 * 60_000;
const ERASE_RETRY_MS = 5_000;

/**
 * Recovers media after lost messages and crashes: sends wake-ups for due items (lost wake-up, expired lease), resends
 * unconfirmed events, resumes deletions, and releases the quota of abandoned uploads. Runs on one worker at a time,
 * under a lock that expires with its holder.
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

  /** One pass over all due rows; when Redis has lost its data, over all that wait for a message, due or not. */
  async sweep(signal?: AbortSignal): Promise<void> {
    await this.locks.noticingLoss(SCHEDULE.name, (isLost) => this.sweepAll(isLost, signal));
  }

  private async sweepAll(isLost: boolean, signal?: AbortSignal): Promise<void> {
    const now = new Date();
    const until = isLost ? new Date(now.getTime() + RECHECK_MS) : now;
    for await (const key of this.media.due(until)) {
      if (signal?.aborted) throw signal.reason; // so that a loss is noticed again
      await this.sweepItem(key, now, isLost);
    }
    await this.announcer.announceAgain(isLost ? 0 : UNCONFIRMED_MS, signal);
  }

  private async sweepItem(key: MediaKey, now: Date, isLost: boolean): Promise<void> {
    if (key.id === QUOTA_ROW)
      return this.counters.expireReservations(
        key.userId,
        (upload) => this.eraser.discardIfStale(upload, new Date(now.getTime() - RESERVATION_MS)),
        now,
      );
    const item = await this.media.getEvenDeleted(key);
    if (!item?.openAt) return; // the index lags behind the table
    if (item.openAt > now.toISOString() && !(isLost && isWaiting(item))) return;
    if (item.deletedAt) return this.erase(item);
    if (item.status === 'completed') return this.sweepAnalyses(item);
    await this.announcer.wakeAgain(item);
    await this.media.postpone(item, RECHECK_MS);
  }

  /** A medium is due until its last analysis has ended. */
  private async sweepAnalyses(item: MediaItem): Promise<void> {
    if (openAnalyses(item.analyses).length === 0) return this.media.close(item);
    await this.announcer.wakeAnalysesAgain(item);
    await this.media.postpone(item, ANALYSES_RECHECK_MS);
  }

  private async erase(item: MediaItem): Promise<void> {
    if (!item.filesErasedAt) await this.eraser.erase(item);
    if (!(await this.media.removeErased(item))) await this.media.postpone(item, ERASE_RETRY_MS);
  }
}

/** Whether it waits for a message, which is lost with Redis. */
const isWaiting = ({ status, deletedAt }: MediaItem) => !deletedAt && (status === 'uploaded' || status === 'completed');
