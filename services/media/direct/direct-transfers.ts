import { Inject, Injectable } from '@nestjs/common';
import type { CompleteDirectUploadRequest, DirectUpload } from '#contracts';
import { incomingFolder, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { PRESIGNED_UPLOADS, STORAGE, type PresignedUploads, type Storage, type UploadedPart } from '#platform';
import { Staging } from '../upload/staging';
import { HEAD_BYTES, type InspectedUpload } from '../upload/upload-inspector';
import type { DirectRecord } from './direct-records';

const MIB = 1024 ** 2;
/** Up to here one PUT, which S3 verifies as a whole; a lost connection costs more for larger ones. */
const MAX_PUT_BYTES = 8 * MIB;
/** Each address takes a millisecond to sign. S3 lists up to 1000 parts in one response. */
const MAX_PARTS = 100;
/** Addresses are good for 15 minutes and the time that the bytes take at this rate. */
const BASE_SECONDS = 15 * 60;
const BYTES_PER_SECOND = 100_000;

/** Storage key of the bytes that a client sends straight to the bucket. */
export const incomingKey = (key: MediaKey) => `${incomingFolder(key)}bytes`;

type Declared = Pick<DirectRecord, 'sizeBytes' | 'sha256'>;
/** The addresses of an upload, without its id. */
type Addresses = Omit<DirectUpload, 'id'> & { multipartId: string | null };

/** The bytes of direct uploads on their way into the bucket. */
@Injectable()
export class DirectTransfers {
  constructor(
    @Inject(PRESIGNED_UPLOADS) private readonly presigned: PresignedUploads | null,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly staging: Staging,
  ) {}

  /** Signs the addresses for the bytes of an upload, for at most `maxSeconds`. */
  async begin(key: MediaKey, { sizeBytes, sha256 }: Declared, maxSeconds: number): Promise<Addresses> {
    const seconds = Math.min(maxSeconds, BASE_SECONDS + Math.ceil(sizeBytes / BYTES_PER_SECOND));
    const expiresAt = new Date(Date.now() + seconds * 1_000).toISOString();
    const at = incomingKey(key);
    if (sizeBytes <= MAX_PUT_BYTES) {
      const { url, headers } = await this.bucket.signPut(at, sizeBytes, sha256, seconds);
      return { method: 'put', urls: [url], headers, partBytes: sizeBytes, expiresAt, multipartId: null };
    }
    const partBytes = Math.max(MAX_PUT_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB);
    const multipartId = await this.bucket.beginParts(at);
    const urls = await this.bucket.signParts(at, multipartId, sizesOf(sizeBytes, partBytes), seconds);
    return { method: 'multipart', urls, headers: {}, partBytes, expiresAt, multipartId };
  }

  /**
   * Makes one object of the parts, where it was sent in parts, and inspects it. Idempotent. Bytes whose hash the bucket
   * has verified are not read again, but for those that decide the type.
   * @throws {ProblemError} upload_incomplete, upload_expired when the bucket has deleted the parts, checksum_mismatch,
   * and as `Staging.stage`
   */
  async receive(
    key: MediaKey,
    record: DirectRecord,
    named?: CompleteDirectUploadRequest['parts'],
  ): Promise<InspectedUpload> {
    const at = incomingKey(key);
    const parts = record.multipartId === null ? null : await this.bucket.parts(at, record.multipartId);
    if (parts) {
      assertComplete(parts, record.sizeBytes, named);
      await this.bucket.completeParts(at, record.multipartId!, parts);
    }
    const found = await this.bucket.stat(at);
    if (found?.sizeBytes !== record.sizeBytes)
      throw new ProblemError(record.multipartId === null ? 'upload_incomplete' : 'upload_expired');
    const inspected = found.sha256
      ? { ...(await this.inspect(at, HEAD_BYTES)), sizeBytes: found.sizeBytes, sha256: found.sha256 }
      : await this.inspect(at, found.sizeBytes);
    if (record.sha256 !== null && record.sha256 !== inspected.sha256) throw new ProblemError('checksum_mismatch');
    return inspected;
  }

  /** Erases the bytes of an upload, also of parts that are not one object yet. */
  async erase(key: MediaKey, record: DirectRecord | null): Promise<void> {
    if (record?.multipartId) await this.presigned?.abortParts(incomingKey(key), record.multipartId);
    await this.storage.deletePrefix(incomingFolder(key));
  }

  private async inspect(at: string, bytes: number): Promise<InspectedUpload> {
    return this.staging.inspect(await this.storage.read(at, { start: 0, end: bytes - 1 }));
  }

  private get bucket(): PresignedUploads {
    if (this.presigned) return this.presigned;
    throw new Error('Expected storage in S3, but it is a disk');
  }
}

const sizesOf = (sizeBytes: number, partBytes: number) =>
  Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, at) => Math.min(partBytes, sizeBytes - at * partBytes));

/** @throws {ProblemError} upload_incomplete also when the client names other parts than the bucket has */
function assertComplete(
  parts: readonly UploadedPart[],
  sizeBytes: number,
  named: CompleteDirectUploadRequest['parts'],
): void {
  const etags = new Map(parts.map(({ partNumber, etag }) => [partNumber, unquoted(etag)]));
  const isOther = named?.find(({ partNumber, etag }) => etags.get(partNumber) !== unquoted(etag));
  if (isOther)
    throw new ProblemError('upload_incomplete', {
      detail: `The bucket has another part ${isOther.partNumber} than the one named, or none. Send that part again.`,
    });
  if (parts.reduce((sum, part) => sum + part.sizeBytes, 0) !== sizeBytes) throw new ProblemError('upload_incomplete');
}

const unquoted = (etag: string) => etag.replaceAll('"', '');
