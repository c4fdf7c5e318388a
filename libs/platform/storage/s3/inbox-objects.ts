import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ObjectMissingError } from '../storage';
import { assertKey } from '../storage-key';
import { asPortError, copyDeadlineMs, s3ClientConfig } from './s3-client';
import { copyObject } from './s3-copy';

/** An object that was put by another program, at any key. */
export interface InboxObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
  etag: string;
}

/** Objects in the bucket that other programs put there: unlike `Storage`, their keys may contain any characters. */
export class InboxObjects {
  constructor(
    private readonly bucket: string,
    private readonly client: S3Client,
  ) {}

  static connect({ bucket, region }: { bucket: string; region: string }): InboxObjects {
    return new InboxObjects(bucket, new S3Client(s3ClientConfig(region)));
  }

  /** Returns null when there is no such object. @throws {DependencyUnavailableError} */
  async find(key: string): Promise<InboxObject | null> {
    try {
      const found = await this.send(key, (options) =>
        this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }), options),
      );
      return { key, sizeBytes: found.ContentLength!, modifiedAt: found.LastModified!, etag: found.ETag! };
    } catch (error) {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    }
  }

  /** Yields the objects below a prefix. @throws {DependencyUnavailableError} */
  async *list(prefix: string): AsyncGenerator<InboxObject> {
    let token: string | undefined;
    do {
      const request = new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token });
      const page = await this.send(prefix, (options) => this.client.send(request, options));
      for (const { Key, Size, LastModified, ETag } of page.Contents ?? [])
        yield { key: Key!, sizeBytes: Size!, modifiedAt: LastModified!, etag: ETag! };
      token = page.NextContinuationToken;
    } while (token);
  }

  /** Copies an object, unless it was replaced, to a key of the storage. @throws {ObjectMissingError} */
  async copyTo(storageKey: string, { key, sizeBytes, etag }: InboxObject): Promise<void> {
    assertKey(storageKey);
    await copyObject(this.client, { bucket: this.bucket, from: key, to: storageKey, sizeBytes, etag }).catch(
      (error: unknown) => {
        throw (error as Error).name === 'PreconditionFailed' ? new ObjectMissingError(key) : asPortError(error, key);
      },
    );
  }

  /** Deletes an object, unless it was replaced. */
  async remove({ key, etag }: InboxObject): Promise<void> {
    const request = new DeleteObjectCommand({ Bucket: this.bucket, Key: key, IfMatch: etag });
    await this.send(key, (options) => this.client.send(request, options)).catch((error: unknown) => {
      if ((error as Error).name !== 'PreconditionFailed') throw error;
    });
  }

  /** Writes a text for people who look into the bucket. */
  async explain(key: string, text: string): Promise<void> {
    const object = { Bucket: this.bucket, Key: key, Body: text, ContentType: 'text/plain; charset=utf-8' };
    await this.send(key, (options) => this.client.send(new PutObjectCommand(object), options));
  }

  private async send<T>(key: string, work: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    return work({ abortSignal: AbortSignal.timeout(copyDeadlineMs()) }).catch((error: unknown) => {
      throw asPortError(error, key);
    });
  }
}
