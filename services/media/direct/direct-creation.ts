import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { DirectUpload, DirectUploadRequest } from '#contracts';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG } from '#platform';
import { QuotaReservation } from '../upload/quota';
import { DirectRecords } from './direct-records';
import { DirectTransfers } from './direct-transfers';

/** Begins direct uploads. */
@Injectable()
export class DirectCreation {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly records: DirectRecords,
    private readonly transfers: DirectTransfers,
    private readonly quota: QuotaReservation,
  ) {}

  /** @throws {ProblemError} direct_upload_unavailable */
  assertAvailable(): void {
    if (!this.config.directUploadOrigin) throw new ProblemError('direct_upload_unavailable');
  }

  /**
   * Reserves the quota of a declared file and returns the addresses for its bytes.
   * @throws {ProblemError} direct_upload_unavailable, file_too_large, empty_file, quota_exceeded, too_many_uploads
   */
  async create(key: MediaKey, { filename, sizeBytes, sha256, batch }: DirectUploadRequest): Promise<DirectUpload> {
    this.assertAvailable();
    await this.reserve(key, sizeBytes);
    try {
      const declared = { filename, batchId: batch || null, sizeBytes, sha256: sha256 ?? null };
      const { multipartId, ...addresses } = await this.transfers.begin(key, declared, this.config.uploadExpirySeconds);
      await this.records.save(key, { schemaVersion: 1, ...declared, multipartId, refusal: null });
      return { id: key.id, ...addresses };
    } catch (error) {
      void this.quota.release(key); // the client does not get its addresses
      throw error;
    }
  }
  /**
   * As `create`, for bytes that are in the bucket already. Idempotent.
   * @throws {ProblemError} file_too_large, empty_file, quota_exceeded, too_many_uploads
   */
  async adopt(key: MediaKey, { filename, sizeBytes }: { filename: string; sizeBytes: number }): Promise<void> {
    await this.reserve(key, sizeBytes);
    const declared = { filename, sizeBytes, batchId: null, sha256: null, multipartId: null, refusal: null };
    if (!(await this.records.find(key))) await this.records.save(key, { schemaVersion: 1, ...declared });
  }

  private async reserve(key: MediaKey, sizeBytes: number): Promise<void> {
    if (sizeBytes === 0) throw new ProblemError('empty_file');
    if (sizeBytes > this.config.maxUploadBytes) throw new ProblemError('file_too_large');
    await this.quota.reserve(key, sizeBytes);
  }
}
