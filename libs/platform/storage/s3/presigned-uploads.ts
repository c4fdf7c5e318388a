import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ObjectMissingError } from '../storage';
import { asPortError, copyDeadlineMs, s3ClientConfig } from './s3-client';

/** One PUT to a signed address. */
export interface PresignedPut {
  url: string;
  /** To be sent as they are: they are signed. */
  headers: Record<string, string>;
}

/** A part as the bucket has it. */
export interface UploadedPart {
  partNumber: number;
  etag: string;
  sizeBytes: number;
}

/** By default the length is not signed, and the checksum is a parameter of the address. */
const signing = (expiresIn: number) => ({
  expiresIn,
  signableHeaders: new Set(['host', 'content-length', 'x-amz-checksum-sha256', 'if-none-match']),
  unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
});

/**
 * Addresses by which clients send bytes straight to the bucket: each is good for one key, one length and a limited
 * time, and cannot overwrite an object.
 */
export class PresignedUploads {
  constructor(
    private readonly bucket: string,
    private readonly client: S3Client,
  ) {}

  static connect({ bucket, region }: { bucket: string; region: string }): PresignedUploads {
    // By default the SDK presigns the checksum of an empty body, which servers compare with the one that is sent.
    const checksums = { requestChecksumCalculation: 'WHEN_REQUIRED' } as const;
    return new PresignedUploads(bucket, new S3Client({ ...s3ClientConfig(region), ...checksums }));
  }

  /** Signs the PUT of a whole object. `sha256` (hexadecimal): S3 refuses other bytes. */
  async signPut(key: string, sizeBytes: number, sha256: string | null, expiresIn: number): Promise<PresignedPut> {
    const checksum = sha256 && Buffer.from(sha256, 'hex').toString('base64');
    const request = new PutObjectCommand({
      ...this.at(key),
      ContentLength: sizeBytes,
      IfNoneMatch: '*',
      ...(checksum && { ChecksumSHA256: checksum }),
    });
    const url = await getSignedUrl(this.client, request, signing(expiresIn));
    return { url, headers: { 'if-none-match': '*', ...(checksum && { 'x-amz-checksum-sha256': checksum }) } };
  }

  /** Begins a multipart upload. @returns its id @throws {DependencyUnavailableError} */
  async beginParts(key: string): Promise<string> {
    const { UploadId } = await this.send(key, (options) =>
      this.client.send(new CreateMultipartUploadCommand(this.at(key)), options),
    );
    return UploadId!;
  }

  /** Signs the PUT of each part; `sizes` in bytes, in order. @returns the addresses */
  signParts(key: string, uploadId: string, sizes: readonly number[], expiresIn: number): Promise<string[]> {
    const sign = (ContentLength: number, at: number) =>
      getSignedUrl(
        this.client,
        new UploadPartCommand({ ...this.at(key), UploadId: uploadId, PartNumber: at + 1, ContentLength }),
        signing(expiresIn),
      );
    return Promise.all(sizes.map(sign));
  }

  /**
   * Returns the parts that the bucket has, of at most 1000, or null when the multipart upload is completed or aborted.
   * @throws {DependencyUnavailableError}
   */
  async parts(key: string, uploadId: string): Promise<UploadedPart[] | null> {
    const request = new ListPartsCommand({ ...this.at(key), UploadId: uploadId });
    const found = await this.unlessEnded(key, (options) => this.client.send(request, options));
    return (
      found &&
      (found.Parts ?? []).map(({ PartNumber, ETag, Size }) => ({
        partNumber: PartNumber!,
        etag: ETag!,
        sizeBytes: Size!,
      }))
    );
  }

  /** Makes one object of the parts; does nothing when it was completed or aborted. */
  async completeParts(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
    const request = new CompleteMultipartUploadCommand({
      ...this.at(key),
      UploadId: uploadId,
      MultipartUpload: { Parts },
    });
    await this.unlessEnded(key, (options) => this.client.send(request, options));
  }

  /** Deletes the parts of a multipart upload; does nothing when it was completed or aborted. */
  async abortParts(key: string, uploadId: string): Promise<void> {
    const request = new AbortMultipartUploadCommand({ ...this.at(key), UploadId: uploadId });
    await this.unlessEnded(key, (options) => this.client.send(request, options));
  }

  /**
   * Returns an object's size and the SHA-256 that S3 verified when it was put (hexadecimal; null without one), or null
   * when there is no such object.
   */
  async stat(key: string): Promise<{ sizeBytes: number; sha256: string | null } | null> {
    const request = new HeadObjectCommand({ ...this.at(key), ChecksumMode: 'ENABLED' });
    try {
      const found = await this.send(key, (options) => this.client.send(request, options));
      const isWhole = found.ChecksumType !== 'COMPOSITE' && found.ChecksumSHA256;
      const sha256 = isWhole ? Buffer.from(found.ChecksumSHA256!, 'base64').toString('hex') : null;
      return { sizeBytes: found.ContentLength!, sha256 };
    } catch (error) {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    }
  }

  private at(Key: string) {
    return { Bucket: this.bucket, Key };
  }

  private async unlessEnded<T>(key: string, work: (options: { abortSignal: AbortSignal }) => Promise<T>) {
    return this.send(key, work).catch((error: unknown) => {
      if ((error as Error).name === 'NoSuchUpload') return null;
      throw error;
    });
  }

  private async send<T>(key: string, work: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    return work({ abortSignal: AbortSignal.timeout(copyDeadlineMs()) }).catch((error: unknown) => {
      throw asPortError(error, key);
    });
  }
}
