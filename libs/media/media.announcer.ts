import { JobQueue, LiveFeed, Outbox } from '#platform';
import type { MediaEvent, MediaItem } from './media.item';
import type { QueueEstimator } from './queue-estimator';

/**
 * Tells of a move right after it was written. At best, for speed: the event waits in the outbox until its consumer is
 * done, and the consumer pushes to the pages again what did not get through here.
 */
export class MediaAnnouncer {
  constructor(
    private readonly outbox: Outbox,
    private readonly live: LiveFeed,
    private readonly estimator: QueueEstimator,
    private readonly queue: JobQueue,
  ) {}

  async announce({ item, event }: { item: MediaItem; event: MediaEvent }): Promise<void> {
    const key = { userId: item.userId, id: item.id };
    if (event.type !== 'media.deleted')
      await this.live.push(item.userId, 'media', await this.estimator.showOne(item), event.id).catch(() => {});
    await this.outbox.announce({ table: 'media', key }, event);
    if (event.type === 'media.completed') await this.estimator.recordDuration(item);
  }

  /** Wakes a worker for a medium that waits. Never rejects: a wake-up that is lost is sent again by the sweeper. */
  async wake({ kind, userId, id, round }: MediaItem): Promise<void> {
    await this.queue.sendSoon(kind, { userId, mediaId: id, round });
  }

  /** As `wake`, for what lost its wake-up. @throws {DependencyUnavailableError} */
  async wakeAgain({ kind, userId, id, round }: MediaItem): Promise<void> {
    await this.queue.send(kind, { userId, mediaId: id, round });
  }

  /** Asks the open channels again for every event of a medium that is older than `olderThanMs` and not confirmed. */
  async announceAgain(olderThanMs: number, signal?: AbortSignal): Promise<void> {
    await this.outbox.resend('media', ['userId', 'id'], olderThanMs, signal);
  }

  /** Progress of the running round, to whoever looks now. */
  async hint(item: MediaItem, progress: number): Promise<void> {
    await this.live.hint(item.userId, await this.estimator.showOne({ ...item, progress })).catch(() => {});
  }
}
