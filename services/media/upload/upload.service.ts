import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Media } from '#contracts';
import {
  MediaAnnouncer,
  type MediaItem,
  type MediaKey,
  MediaRepository,
  toMedia,
  uploadedItem,
  WordIndex,
} from '#media';
import { DependencyUnavailableError, KeyedLimiter, retryInBackground } from '#platform';
import { displayFilename, titleOf } from './filename';
import type { FormFile } from './multipart';
import { QuotaReservation } from './quota';
import { type StagedUpload, Staging } from './staging';
import { UploadLimiter } from './upload-limiter';

/** Longer than the time in which a write can still take effect after its caller has timed out. */
const ROLLBACK_DELAY_MS = 5_000;

export interface CommitResult {
  media: Media;
  /** The user had these bytes already and asked to reuse their medium. */
  reused: boolean;
}

/**
 * Makes media of uploads, of every kind. An upload that was answered with success is durable; one that was not is
 * rolled back.
 */
@Injectable()
export class UploadService implements OnModuleDestroy {
  private readonly logger = new Logger(UploadService.name);
  private readonly limiter = new UploadLimiter();
  private readonly duplicates = new KeyedLimiter(1, Number.POSITIVE_INFINITY);
  private readonly rollbacks = new Set<Promise<void>>();

  constructor(
    private readonly staging: Staging,
    private readonly quota: QuotaReservation,
    private readonly words: WordIndex,
    private readonly media: MediaRepository,
    private readonly announcer: MediaAnnouncer,
  ) {}

  /**
   * Receives a file, within the limits of concurrent uploads and with its quota reserved before its bytes are taken.
   * `read` receives the bytes and stages each file by the function that it is passed.
   * @throws {ProblemError} quota_exceeded, too_many_uploads, and what `read` throws
   */
  async receive<T>(key: MediaKey, read: (stage: (file: FormFile) => Promise<StagedUpload>) => Promise<T>): Promise<T> {
    try {
      return await this.limiter.receive(key.userId, () =>
        read(async ({ stream, size }) => this.staging.stage(key, stream, await this.quota.reserveAhead(key, size))),
      );
    } catch (error) {
      const released = this.quota.release(key);
      if (!(error instanceof DependencyUnavailableError)) await released; // else the client has waited long enough
      throw error;
    }
  }

  /**
   * As `commit`; when that rejects, the upload is rolled back, unless `revoke` resolves to false because another
   * request was answered with its medium meanwhile.
   */
  async commitOrDiscard(
    staged: StagedUpload,
    details: UploadDetails,
    revoke = async () => true,
  ): Promise<CommitResult> {
    try {
      return await this.commit(staged, details);
    } catch (error) {
      if (!(error instanceof DependencyUnavailableError)) await this.discard(staged);
      else if (error.dependency === 'dynamodb') this.rollBackLater(staged, revoke);
      else this.discardLater(staged);
      throw error;
    }
  }

  /**
   * Makes the medium, durably, and wakes a worker. Idempotent for the same id.
   * @throws {ProblemError} quota_exceeded, unauthenticated when the account was deleted meanwhile
   */
  commit(staged: StagedUpload, details: UploadDetails): Promise<CommitResult> {
    const create = () => this.limiter.commit(() => this.createMedium(staged, details));
    // One after the other, or equal files of one drop would not find each other.
    return details.onDuplicate === 'reuse'
      ? this.duplicates.run(`${staged.userId}:${staged.sha256}`, create)
      : create();
  }

  private async createMedium(staged: StagedUpload, details: UploadDetails): Promise<CommitResult> {
    const duplicate =
      details.onDuplicate === 'reuse' ? await this.media.findBySha256(staged.userId, staged.sha256) : null;
    if (duplicate && duplicate.id !== staged.id) {
      await this.discard(staged);
      return { media: toMedia(duplicate), reused: true };
    }
    const item = newItem(staged, details);
    await this.quota.reserve(staged, staged.sizeBytes);
    await this.staging.writeSidecar(item);
    await this.words.add(item);
    const event = await this.media.create(item);
    void this.quota.settle(staged);
    if (event) void this.announce(item, event);
    return { media: toMedia(item), reused: false };
  }

  private async discard(staged: StagedUpload): Promise<void> {
    await this.staging.discard(staged);
    void this.quota.release(staged);
  }

  private discardLater(staged: StagedUpload): void {
    this.staging.discardLater(staged);
    void this.quota.release(staged);
  }

  private async announce(
    item: MediaItem,
    event: NonNullable<Awaited<ReturnType<MediaRepository['create']>>>,
  ): Promise<void> {
    await Promise.all([this.announcer.announce({ item, event }), this.announcer.wake(item)]);
  }

  /** Waits for rollbacks before the process ends, unless the table stays unavailable. */
  async onModuleDestroy(): Promise<void> {
    await Promise.race([Promise.all(this.rollbacks), pause(ROLLBACK_DELAY_MS + 1_000)]);
  }

  private rollBackLater(staged: StagedUpload, revoke: () => Promise<boolean>): void {
    const rollback = this.rollBack(staged, revoke).finally(() => this.rollbacks.delete(rollback));
    this.rollbacks.add(rollback);
  }

  /**
   * Rolls back an upload that was answered with 503 after an ambiguous write, which may have happened or may still
   * happen: waits for that time, reads the table, and removes the medium or the staged bytes.
   */
  private async rollBack(staged: StagedUpload, revoke: () => Promise<boolean>): Promise<void> {
    await pause(ROLLBACK_DELAY_MS);
    const isRolledBack = await retryInBackground(async () => {
      if (await revoke()) await this.deleteIfWritten(staged);
    });
    if (!isRolledBack)
      this.logger.error({
        mediaId: staged.id,
        userId: staged.userId,
        msg: 'a rejected upload may have left a medium',
      });
  }

  private async deleteIfWritten(staged: StagedUpload): Promise<void> {
    const written = await this.media.markDeleted(staged);
    if (!written) return this.discard(staged);
    void this.quota.settle(staged);
    await this.announcer.announce(written); // the sweep erases its files, as those of any deleted medium
  }
}

export interface UploadDetails {
  filename: string;
  title: string | null;
  batchId: string | null;
  /** For bytes that the user has already: make another medium, or return the existing one. */
  onDuplicate: 'keep' | 'reuse';
}

/**
 * Does not keep the process running. Uses the global timer, not `node:timers/promises`, because fake timers of tests
 * replace the former only.
 */
const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref());

/** Returns the item of the medium that staged bytes become. */
function newItem(staged: StagedUpload, details: UploadDetails): MediaItem {
  const filename = displayFilename(details.filename);
  return uploadedItem({
    ...staged,
    filename,
    title: details.title ?? titleOf(filename),
    batchId: details.batchId,
    createdAt: new Date().toISOString(),
  });
}
