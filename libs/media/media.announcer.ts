import type { AnalyserName, Media } from '#contracts';
import { JobQueue, LiveFeed, Outbox } from '#platform';
import { startableAnalyses, type AnalysedEvent } from './analysis/analysis.entry';
import { isCanary } from './canary';
import type { MediaEvent, MediaItem } from './media.item';
import type { QueueEstimator } from './queue-estimator';

/**
 * Announces a change of status right after it was written. Best effort, for low latency: the event stays in the outbox
 * until its consumer confirms it, and the consumer repeats a live push that failed here.
 */
export class MediaAnnouncer {
  constructor(
    private readonly outbox: Outbox,
    private readonly live: LiveFeed,
    private readonly estimator: QueueEstimator,
    private readonly queue: JobQueue,
  ) {}

  async announce({ item, event }: { item: MediaItem; event: MediaEvent | AnalysedEvent }): Promise<void> {
    const key = { userId: item.userId, id: item.id };
    const isPushed = await this.push(item, event).then(
      () => true,
      () => false,
    );
    await this.outbox.announce({ table: 'media', key }, event, isPushed);
    if (event.type !== 'media.completed' || isCanary(item.userId)) return;
    await this.estimator.recordDuration(item);
    void this.wakeAnalyses(item); // the worker need not wait: it never rejects, and the sweep sends what is lost
  }

  /**
   * Pushes a change of status or a deletion to the open pages of the owner, once however often it is called. The end of
   * an analysis changes no status: as progress, it is pushed without an id and not replayed.
   * @throws {DependencyUnavailableError}
   */
  async push(item: MediaItem, event: MediaEvent | AnalysedEvent): Promise<void> {
    if (isCanary(item.userId)) return;
    if (item.deletedAt) await this.live.push(item.userId, 'media-deleted', { id: item.id }, item.id);
    else if (event.type === 'media.analysed') await this.live.hint(item.userId, await this.estimator.showOne(item));
    else await this.live.push(item.userId, 'media', await this.estimator.showOne(item), event.id);
  }

  /** Pushes changed details to the open pages of the owner. Best effort. @returns the medium as its owner sees it */
  async pushDetails(item: MediaItem): Promise<Media> {
    const media = await this.estimator.showOne(item);
    await this.live.push(item.userId, 'media', media, `${item.id}.${item.updatedAt}`).catch(() => {});
    return media;
  }

  /** Sends a wake-up for a waiting medium. Never rejects: the sweep sends lost wake-ups again. */
  async wake({ kind, userId, id, round }: MediaItem): Promise<void> {
    await this.queue.sendSoon(kind, { userId, mediaId: id, round });
  }

  /** As `wake`, for what lost its wake-up. @throws {DependencyUnavailableError} */
  async wakeAgain({ kind, userId, id, round }: MediaItem): Promise<void> {
    await this.queue.send(kind, { userId, mediaId: id, round });
  }

  /** Sends a wake-up for each analysis that waits. Never rejects: the sweep sends lost wake-ups again. */
  async wakeAnalyses(item: MediaItem): Promise<void> {
    const names = startableAnalyses(item.analyses);
    await Promise.all(names.map((name) => this.queue.sendSoon('analysis', analysisJob(item, name))));
  }

  /** As `wakeAnalyses`, for what lost its wake-up. @throws {DependencyUnavailableError} */
  async wakeAnalysesAgain(item: MediaItem): Promise<void> {
    for (const name of startableAnalyses(item.analyses)) await this.queue.send('analysis', analysisJob(item, name));
  }

  /** Asks the open channels again for every event of a medium that is older than `olderThanMs` and not confirmed. */
  async announceAgain(olderThanMs: number, signal?: AbortSignal): Promise<void> {
    await this.outbox.resend('media', ['userId', 'id'], olderThanMs, signal);
  }

  /** Pushes the progress of the running round to open pages. Best effort. */
  async hint(item: MediaItem, progress: number): Promise<void> {
    if (isCanary(item.userId)) return;
    await this.live.hint(item.userId, await this.estimator.showOne({ ...item, progress })).catch(() => {});
  }
}

const analysisJob = ({ userId, id: mediaId, analyses }: MediaItem, analyser: AnalyserName) => ({
  userId,
  mediaId,
  analyser,
  run: analyses![analyser]!.run,
});
