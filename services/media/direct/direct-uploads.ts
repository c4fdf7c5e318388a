import { Injectable } from '@nestjs/common';
import type { CompleteDirectUploadRequest, ProblemCode } from '#contracts';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import { Locks, ObjectMissingError } from '#platform';
import { UploadCompletion } from '../tus/completion';
import type { FinishedUpload } from '../tus/partial-uploads';
import { UploadLocker } from '../tus/request-store';
import { QuotaReservation } from '../upload/quota';
import { DirectRecords, type DirectRecord } from './direct-records';
import { DirectTransfers, incomingKey } from './direct-transfers';

/** Problems that no retry can resolve: the bytes are erased, and every further request gets the same problem. */
const FINAL: ReadonlySet<ProblemCode> = new Set([
  'unsupported_media_type',
  'file_too_large',
  'quota_exceeded',
  'checksum_mismatch',
  'unauthenticated',
]);

type NamedParts = CompleteDirectUploadRequest['parts'];

/** Ends direct uploads: makes a medium of the bytes in the bucket, by the same code as every upload, or erases them. */
@Injectable()
export class DirectUploads {
  private readonly locker: UploadLocker;

  constructor(
    private readonly records: DirectRecords,
    private readonly transfers: DirectTransfers,
    private readonly completion: UploadCompletion,
    private readonly quota: QuotaReservation,
    locks: Locks,
  ) {
    this.locker = new UploadLocker(locks);
  }

  /**
   * Makes the medium of an upload whose bytes are in the bucket. Idempotent: a client may repeat it at any time.
   * @throws {ProblemError} not_found, upload_incomplete, upload_locked, and what refuses the bytes
   */
  complete(key: MediaKey, parts?: NamedParts): Promise<FinishedUpload> {
    return this.exclusively(key, async () => {
      const finished = await this.completion.find(key);
      if (finished) return finished;
      const record = await this.records.find(key);
      if (!record) throw new ProblemError('not_found');
      if (record.refusal) throw new ProblemError(record.refusal.code, { detail: record.refusal.detail });
      return this.finish(key, record, parts);
    });
  }

  /** Whether the upload has become a medium. */
  async isFinished(key: MediaKey): Promise<boolean> {
    return (await this.completion.find(key)) !== null;
  }

  /** Erases an unfinished upload. @throws {ProblemError} not_found, upload_finished, upload_locked */
  giveUp(key: MediaKey): Promise<void> {
    return this.exclusively(key, async () => {
      if (await this.completion.find(key)) throw new ProblemError('upload_finished');
      if (!(await this.discard(key))) throw new ProblemError('not_found');
    });
  }

  /** Erases an upload that was not finished in time, if there is one. @returns whether there was one */
  expire(key: MediaKey): Promise<boolean> {
    return this.exclusively(key, () => this.discard(key));
  }

  /** Erases bytes of an upload also when nothing else is known of it: they came after it had ended. */
  private async discard(key: MediaKey): Promise<boolean> {
    const record = await this.records.find(key);
    await this.transfers.erase(key, record);
    if (!record) return false;
    await this.quota.release(key);
    await this.records.erase(key);
    return true;
  }

  private async finish(key: MediaKey, record: DirectRecord, parts: NamedParts): Promise<FinishedUpload> {
    const { filename, batchId } = record;
    const details = { filename, title: null, batchId, onDuplicate: 'keep' } as const;
    try {
      const inspected = await this.transfers.receive(key, record, parts);
      const finished = await this.completion.finish(key, { bytesKey: incomingKey(key), details }, inspected);
      await this.transfers.erase(key, null).catch(() => {}); // the sweep erases what is left
      return finished;
    } catch (error) {
      if (error instanceof ObjectMissingError) return this.finishedMeanwhile(key);
      if (error instanceof ProblemError && FINAL.has(error.code)) await this.refuse(key, record, error);
      throw error;
    }
  }

  /** Without Redis there is no lock: another request may have finished the upload and erased its bytes. */
  private async finishedMeanwhile(key: MediaKey): Promise<FinishedUpload> {
    const finished = await this.completion.find(key);
    if (finished) return finished;
    throw new ProblemError('upload_incomplete');
  }

  /** The problem is recorded first, so that it is the answer also when an event of the bucket was before the client. */
  private async refuse(key: MediaKey, record: DirectRecord, problem: ProblemError): Promise<void> {
    const { code } = problem;
    await this.records.save(key, { ...record, refusal: { code, detail: problem.toBody().detail } });
    await this.transfers.erase(key, record);
    void this.quota.release(key);
  }

  private exclusively<T>(key: MediaKey, work: () => Promise<T>): Promise<T> {
    return this.locker.runExclusive(incomingKey(key), work);
  }
}
