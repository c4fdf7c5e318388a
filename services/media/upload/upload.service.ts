import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Media } from '#contracts';
import { MediaAnnouncer, type MediaItem, MediaRepository, toMedia, uploadedItem, WordIndex } from '#media';
import { DependencyUnavailableError, retryFor } from '#platform';
import { displayFilename, titleOf } from './filename';
import { QuotaReservation } from './quota';
import { type Staged, Staging } from './staging';
import { UploadLimiter } from './upload-limiter';

/** Longer than a write can be under way after its caller gave up. */
const WITHDRAW_PAUSE_MS = 5_000;

export interface Committed {
  media: Media;
  /** The user had these bytes already, and asked for the medium that there is. */
  reused: boolean;
}

/** The one way in, for every kind of upload. What was answered with success is durable; what was not leaves nothing. */
@Injectable()
export class UploadService implements OnModuleDestroy {
  private readonly logger = new Logger(UploadService.name);
  private readonly limiter = new UploadLimiter();
  private readonly withdrawals = new Set<Promise<void>>();

  constructor(
    private readonly staging: Staging,
    private readonly quota: QuotaReservation,
    private readonly words: WordIndex,
    private readonly media: MediaRepository,
    private readonly announcer: MediaAnnouncer,
  ) {}

  /** Takes bytes in with `receive`, in turn. */
  begin<T>(receive: () => Promise<T>): Promise<T> {
    return this.limiter.begin(receive);
  }

  /** As `commit`, and where that rejects nothing is left of the upload, unless `revoke` says that another request was answered with it meanwhile. */
  async commitOrDiscard(staged: Staged, details: UploadDetails, revoke = async () => true): Promise<Committed> {
    try {
      return await this.commit(staged, details);
    } catch (error) {
      if (!(error instanceof DependencyUnavailableError)) await this.undo(staged);
      else if (error.dependency === 'dynamodb') this.withdrawLater(staged, revoke);
      else this.undoLater(staged);
      throw error;
    }
  }

  /**
   * Makes the medium and wakes a worker. From here on it can not get lost. Of the same bytes under the same id it makes one, however often.
   * @throws {ProblemError} quota_exceeded, unauthenticated when the account was deleted meanwhile
   */
  commit(staged: Staged, details: UploadDetails): Promise<Committed> {
    return this.limiter.commit(() => this.commitInTurn(staged, details));
  }

  private async commitInTurn(staged: Staged, details: UploadDetails): Promise<Committed> {
    const same = details.onDuplicate === 'reuse' ? await this.media.findBySha256(staged.userId, staged.sha256) : null;
    if (same && same.id !== staged.id) {
      await this.undo(staged);
      return { media: toMedia(same), reused: true };
    }
    const item = newItem(staged, details);
    await this.quota.reserve(staged, staged.sizeBytes);
    await this.staging.describe(item);
    await this.words.add(item);
    const event = await this.media.create(item);
    void this.quota.settle(staged);
    if (event) void this.announce(item, event);
    return { media: toMedia(item), reused: false };
  }

  private async undo(staged: Staged): Promise<void> {
    await this.staging.discard(staged);
    void this.quota.free(staged, staged.sizeBytes);
  }

  private undoLater(staged: Staged): void {
    this.staging.discardLater(staged);
    void this.quota.free(staged, staged.sizeBytes);
  }

  private async announce(
    item: MediaItem,
    event: NonNullable<Awaited<ReturnType<MediaRepository['create']>>>,
  ): Promise<void> {
    await Promise.all([this.announcer.announce({ item, event }), this.announcer.wake(item)]);
  }

  /** What was refused is taken back before the process goes, unless the table stays away. */
  async onModuleDestroy(): Promise<void> {
    await Promise.race([Promise.all(this.withdrawals), sleep(WITHDRAW_PAUSE_MS + 1_000, undefined, { ref: false })]);
  }

  private withdrawLater(staged: Staged, revoke: () => Promise<boolean>): void {
    const withdrawal = this.withdraw(staged, revoke).finally(() => this.withdrawals.delete(withdrawal));
    this.withdrawals.add(withdrawal);
  }

  /**
   * The upload was answered with 503, but its write may have happened unheard, or happen late: waits until the table says
   * which, and leaves nothing of it either way.
   */
  private async withdraw(staged: Staged, revoke: () => Promise<boolean>): Promise<void> {
    await sleep(WITHDRAW_PAUSE_MS, undefined, { ref: false });
    const isGone = await retryFor(async () => {
      if (await revoke()) await this.takeBack(staged);
    });
    if (!isGone)
      this.logger.error({
        mediaId: staged.id,
        userId: staged.userId,
        msg: 'an upload that was refused may have left a medium',
      });
  }

  private async takeBack(staged: Staged): Promise<void> {
    const written = await this.media.markDeleted(staged);
    if (!written) return this.undo(staged);
    void this.quota.settle(staged);
    await this.announcer.announce(written); // the sweeper erases it, as any deleted medium
  }
}

export interface UploadDetails {
  filename: string;
  title: string | null;
  batchId: string | null;
  /** Make a medium of bytes that the user has already, or give back the one that there is. */
  onDuplicate: 'keep' | 'reuse';
}

/** The medium that staged bytes become. */
function newItem(staged: Staged, details: UploadDetails): MediaItem {
  const filename = displayFilename(details.filename);
  return uploadedItem({
    ...staged,
    filename,
    title: details.title ?? titleOf(filename),
    batchId: details.batchId,
    createdAt: new Date().toISOString(),
  });
}
