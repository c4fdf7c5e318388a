import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type _Object,
} from '@aws-sdk/client-s3';
import type { AwsAccess } from '#config';
import { withTempFolder } from '../../temp/temp-folder';
import { asStorageError } from '../disk-files';
import { DiskReserve } from '../disk-reserve';
import { ObjectMissingError, type ByteRange, type Storage, type StoredObject, type WriteOptions } from '../storage';
import { assertKey, assertPrefix, assertRange } from '../storage-key';
import { asPortError, copyDeadlineMs, NoResponseError, s3ClientConfig } from './s3-client';
import { copyObject } from './s3-copy';
import { uploadStream } from './s3-upload';

const CHECK_KEY = 'health/check';

interface Opened {
  body: Readable;
  sizeBytes: number;
  etag: string | undefined;
}

/** Storage in one S3 bucket. `workDir` is a local folder for the private copies of `withLocalFile`. */
export class S3Storage implements Storage {
  constructor(
    private readonly bucket: string,
    private readonly client: S3Client,
    private readonly workDir: string,
    private readonly copyPartBytes?: number,
    private readonly reserve = new DiskReserve(workDir),
  ) {}

  static connect({
    bucket,
    region,
    workDir,
    reserve,
    access,
  }: {
    bucket: string;
    region: string;
    workDir: string;
    reserve: DiskReserve;
    access?: AwsAccess;
  }): S3Storage {
    return new S3Storage(bucket, new S3Client(s3ClientConfig(region, access)), workDir, undefined, reserve);
  }

  async write(key: string, source: Readable, options: WriteOptions = {}): Promise<{ sizeBytes: number }> {
    try {
      assertKey(key);
      const object = {
        Bucket: this.bucket,
        Key: key,
        ...(options.contentType && { ContentType: options.contentType }),
      };
      return await uploadStream(this.client, object, source, options.signal);
    } catch (error) {
      source.destroy();
      throw error;
    }
  }

  async writeFile(key: string, path: string, options: { contentType?: string } = {}): Promise<{ sizeBytes: number }> {
    return this.write(key, createReadStream(path), options);
  }

  async copy(from: string, to: string): Promise<void> {
    assertKey(to);
    const found = await this.head(from);
    if (!found) throw new ObjectMissingError(from);
    const copy = { bucket: this.bucket, from, to, sizeBytes: found.sizeBytes, etag: found.etag };
    await copyObject(this.client, copy, this.copyPartBytes).catch((error: unknown) => {
      throw asPortError(error, from);
    });
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    assertKey(key);
    if (range) assertRange(key, range, Number.POSITIVE_INFINITY);
    const closed = new AbortController();
    const first = await this.open(key, closed.signal, range);
    return readableOf(this.resumable(key, first, range?.start ?? 0, closed.signal), closed);
  }

  async stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null> {
    const found = await this.head(key);
    return found && { sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAt };
  }

  async withLocalFile<T>(key: string, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T> {
    assertKey(key);
    return withTempFolder(this.workDir, async (dir) => {
      const path = join(dir, 'source');
      const copy = createWriteStream(path, { flags: 'wx', mode: 0o600 });
      await pipeline(await this.read(key), this.reserve.guard('work'), copy).catch((error: unknown) => {
        throw asStorageError(error);
      });
      return use({ path, dir });
    });
  }

  async deletePrefix(prefix: string): Promise<{ objects: number; bytes: number }> {
    const erased = { objects: 0, bytes: 0 };
    for await (const page of this.pages(prefix)) {
      const request = new DeleteObjectsCommand({
        Bucket: this.bucket,
        Delete: { Quiet: true, Objects: page.map(({ Key }) => ({ Key: Key! })) },
      });
      const { Errors = [] } = await this.send(prefix, (abortSignal) => this.client.send(request, { abortSignal }));
      if (Errors[0])
        throw new Error(
          `Expected "${Errors[0].Key}" to be erased, but received ${Errors[0].Code}: ${Errors[0].Message}`,
        );
      erased.objects += page.length;
      erased.bytes += page.reduce((sum, { Size = 0 }) => sum + Size, 0);
    }
    return erased;
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for await (const page of this.pages(prefix)) {
      yield* page.map(({ Key, Size, LastModified }) => ({ key: Key!, sizeBytes: Size!, modifiedAt: LastModified! }));
    }
  }

  async check(): Promise<void> {
    const request = new PutObjectCommand({ Bucket: this.bucket, Key: CHECK_KEY, Body: 'writable' });
    await this.send(CHECK_KEY, (abortSignal) => this.client.send(request, { abortSignal }));
    await this.reserve.assertSpaceFor(); // resumable uploads and the workers' copies use the local disk
  }

  /** The bytes of a POST pass through memory only. */
  async assertSpaceFor(): Promise<void> {}

  /** Yields pages of up to 1000 objects, never an empty one. */
  private async *pages(prefix: string): AsyncGenerator<_Object[]> {
    assertPrefix(prefix);
    let token: string | undefined;
    do {
      const request = new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token });
      const page = await this.send(prefix, (abortSignal) => this.client.send(request, { abortSignal }));
      if (page.Contents?.length) yield page.Contents;
      token = page.NextContinuationToken;
    } while (token);
  }

  private async head(key: string): Promise<{ sizeBytes: number; modifiedAt: Date; etag: string | undefined } | null> {
    assertKey(key);
    try {
      const request = new HeadObjectCommand({ Bucket: this.bucket, Key: key });
      const found = await this.send(key, (abortSignal) => this.client.send(request, { abortSignal }));
      return { sizeBytes: found.ContentLength!, modifiedAt: found.LastModified!, etag: found.ETag };
    } catch (error) {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    }
  }

  /** The body keeps a connection until it is read to its end or `closed` aborts. */
  private async open(key: string, closed: AbortSignal, range?: ByteRange, etag?: string): Promise<Opened> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const request = new GetObjectCommand({ Bucket: this.bucket, Key: key, Range, IfMatch: etag });
    const response = await this.send(key, (abortSignal) => this.client.send(request, { abortSignal }));
    return {
      body: addAbortSignal(closed, response.Body as Readable),
      sizeBytes: response.ContentLength!,
      etag: response.ETag,
    };
  }

  /**
   * The connection of a paused reader (a video in a browser) times out: resumes at the same offset of the same version
   * (ETag), as long as each connection delivers some bytes.
   */
  private async *resumable(key: string, first: Opened, start: number, closed: AbortSignal): AsyncGenerator<Buffer> {
    const end = start + first.sizeBytes - 1;
    let next = start;
    let { body } = first;
    for (;;) {
      const openedAt = next;
      let broken: unknown;
      for await (const chunk of untilBroken(body, (error) => (broken = error))) {
        next += chunk.length;
        yield chunk;
      }
      if (closed.aborted || (next > end && !broken)) return;
      if (next > end || next === openedAt) throw asPortError(broken ?? new Error('the connection ended early'), key);
      ({ body } = await this.open(key, closed, { start: next, end }, first.etag));
    }
  }

  /** Sends a request with a deadline for the first byte of the response. */
  private async send<T>(key: string, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new NoResponseError()), copyDeadlineMs());
    try {
      return await request(deadline.signal);
    } catch (error) {
      throw asPortError(error, key);
    } finally {
      clearTimeout(timer); // the rest of the body is limited by the socket timeout only
    }
  }
}

/** Not `Readable.from`: it closes only after its generator, which may be waiting for bytes until `closed` aborts. */
function readableOf(chunks: AsyncGenerator<Buffer>, closed: AbortController): Readable {
  return new Readable({
    read() {
      chunks.next().then(
        ({ value, done }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      closed.abort();
      done(error);
    },
  });
}

async function* untilBroken(body: Readable, onBreak: (error: unknown) => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    onBreak(error);
  }
}
