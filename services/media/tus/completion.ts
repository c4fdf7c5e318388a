import { Injectable } from '@nestjs/common';
import type { Upload } from '@tus/server';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import { DependencyUnavailableError } from '#platform';
import { QuotaReservation } from '../upload/quota';
import { Staging } from '../upload/staging';
import type { InspectedUpload } from '../upload/upload-inspector';
import { UploadService, type Committed } from '../upload/upload.service';
import { type Finished, FinishedUploads, PartialUploads, partsKey } from './partial-uploads';
import { detailsOf } from './tus-protocol';

/** How a resumable upload ends: as a medium, or as nothing. */
@Injectable()
export class UploadCompletion {
  constructor(
    private readonly finished: FinishedUploads,
    private readonly staging: Staging,
    private readonly uploads: UploadService,
    private readonly parts: PartialUploads,
    private readonly quota: QuotaReservation,
  ) {}

  find(key: MediaKey): Promise<Finished | null> {
    return this.finished.find(key);
  }

  /**
   * Makes the medium of an upload whose bytes are all there, by the code that every upload takes; repeated, it gives the
   * same one. When a dependency fails the parts stay, and whoever asks for the upload next finishes it.
   * @throws {ProblemError} what the bytes or the quota do not allow
   */
  async finish(key: MediaKey, upload: Upload, examined: InspectedUpload | null): Promise<Finished> {
    const result = (await this.find(key)) ?? (await this.make(key, upload, examined));
    await this.parts.erase(key);
    return result;
  }

  /**
   * Likewise for an upload whose bytes came with its beginning. When that fails nothing is left of it, now or once the
   * table answers again: nobody learned its address, so nobody would ask for it.
   */
  async finishAtOnce(key: MediaKey, upload: Upload, examined: InspectedUpload | null): Promise<Finished> {
    try {
      const staged = await this.staging.adopt(key, partsKey(key), examined).catch(async (error: unknown) => {
        void this.quota.free(key, upload.size ?? 0);
        if (error instanceof DependencyUnavailableError) this.staging.discardLater(key);
        else await this.staging.discard(key);
        throw error;
      });
      const finished = await this.conclude(
        key,
        staged.sizeBytes,
        await this.uploads.commitOrDiscard(staged, detailsOf(upload)),
      );
      await this.parts.erase(key);
      return finished;
    } catch (error) {
      const erased = this.parts.erase(key);
      if (!(error instanceof DependencyUnavailableError)) await erased; // else the client has waited long enough
      throw error;
    }
  }

  /** Leaves nothing of it. `sizeBytes` is what it was announced with. */
  async giveUp(key: MediaKey, sizeBytes: number | undefined): Promise<void> {
    await this.parts.erase(key);
    if (sizeBytes !== undefined) await this.quota.free(key, sizeBytes);
  }

  private async make(key: MediaKey, upload: Upload, examined: InspectedUpload | null): Promise<Finished> {
    const staged = await this.staging.adopt(key, partsKey(key), examined);
    try {
      return await this.conclude(key, staged.sizeBytes, await this.uploads.commit(staged, detailsOf(upload)));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const made = await this.find(key); // by a second runner meanwhile: then these bytes are the medium's
      if (made) return made;
      await this.staging.discard(key);
      throw error;
    }
  }

  private async conclude(key: MediaKey, sizeBytes: number, { media, reused }: Committed): Promise<Finished> {
    if (reused) await this.finished.remember(key, media.id);
    return { mediaId: media.id, sizeBytes };
  }
}
