import { Injectable } from '@nestjs/common';
import type { Upload } from '@tus/server';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import { DependencyUnavailableError } from '#platform';
import { QuotaReservation } from '../upload/quota';
import { Staging } from '../upload/staging';
import type { InspectedUpload } from '../upload/upload-inspector';
import { UploadService, type CommitResult, type UploadDetails } from '../upload/upload.service';
import { type FinishedUpload, FinishedUploads, PartialUploads } from './partial-uploads';

/** An upload whose bytes are stored. */
export interface ReceivedUpload {
  /** Storage key of the bytes. */
  bytesKey: string;
  details: UploadDetails;
}

/** Ends uploads that take several requests: makes a medium of their bytes, or discards them. */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly finished: FinishedUploads,
    private readonly staging: Staging,
    private readonly uploads: UploadService,
    private readonly partialUploads: PartialUploads,
    private readonly quota: QuotaReservation,
  ) {}

  find(key: MediaKey): Promise<FinishedUpload | null> {
    return this.finished.find(key);
  }

  /** Returns a resumable upload that is not finished, or null. */
  unfinished(key: MediaKey): Promise<Upload | null> {
    return this.partialUploads.find(key);
  }

  /**
   * Makes the medium of an upload whose bytes are complete, by the same code as every upload. Idempotent. When a
   * dependency is unavailable the parts are kept, and the next request for the upload finishes it.
   * @throws {ProblemError} when the bytes or the quota do not allow a medium
   */
  async finish(key: MediaKey, upload: ReceivedUpload, inspected: InspectedUpload | null): Promise<FinishedUpload> {
    const result = (await this.find(key)) ?? (await this.createMedium(key, upload, inspected));
    await this.partialUploads.erase(key);
    return result;
  }

  /**
   * As `finish`, for an upload whose bytes came with its creation (creation-with-upload). When that fails, everything
   * of it is discarded, now or as soon as the dependency is available again: the client has no URL to resume it by.
   */
  async finishAtOnce(
    key: MediaKey,
    upload: ReceivedUpload,
    inspected: InspectedUpload | null,
  ): Promise<FinishedUpload> {
    try {
      const staged = await this.staging.adopt(key, upload.bytesKey, inspected).catch(async (error: unknown) => {
        void this.quota.release(key);
        if (error instanceof DependencyUnavailableError) this.staging.discardLater(key);
        else await this.staging.discard(key);
        throw error;
      });
      const finished = await this.recordResult(
        key,
        staged.sizeBytes,
        await this.uploads.commitOrDiscard(staged, upload.details),
      );
      await this.partialUploads.erase(key);
      return finished;
    } catch (error) {
      const erased = this.partialUploads.erase(key);
      if (!(error instanceof DependencyUnavailableError)) await erased; // else the client has waited long enough
      throw error;
    }
  }

  /** Erases the parts of an upload and releases its quota. `sizeBytes`: its declared length. */
  async discard(key: MediaKey, sizeBytes: number | undefined): Promise<void> {
    await this.partialUploads.erase(key);
    if (sizeBytes !== undefined) await this.quota.release(key);
  }

  private async createMedium(
    key: MediaKey,
    upload: ReceivedUpload,
    inspected: InspectedUpload | null,
  ): Promise<FinishedUpload> {
    const staged = await this.staging.adopt(key, upload.bytesKey, inspected);
    try {
      return await this.recordResult(key, staged.sizeBytes, await this.uploads.commit(staged, upload.details));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const finished = await this.find(key); // by a concurrent request: then these bytes belong to the medium
      if (finished) return finished;
      await this.staging.discard(key);
      throw error;
    }
  }

  private async recordResult(
    key: MediaKey,
    sizeBytes: number,
    { media, reused }: CommitResult,
  ): Promise<FinishedUpload> {
    if (reused) await this.finished.recordReuse(key, media.id);
    return { mediaId: media.id, sizeBytes };
  }
}
