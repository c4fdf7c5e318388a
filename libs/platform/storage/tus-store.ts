import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileConfigstore, FileStore } from '@tus/file-store';
import { S3Store } from '@tus/s3-store';
import { DataStore, ERRORS, StreamSplitter, type Upload } from '@tus/server';
import { setTempFolder } from '#config';
import { DependencyUnavailableError } from '../errors';
import { asStorageError, nullIfAbsent } from './disk-files';
import type { DiskReserve } from './disk-reserve';
import { asPortError, s3ClientConfig } from './s3/s3-client';

type ConvertError = (error: unknown, id: string) => unknown;

/**
 * Stores the bytes of unfinished uploads: a data store of tus whose upload ids are storage keys, so that the bytes
 * become an original without being moved, and whose errors are those of the storage port. tus' own errors are not
 * changed.
 */
export class TusStore extends DataStore {
  /** Not `creation-defer-length`: an upload without a length cannot reserve quota. */
  override readonly extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];

  constructor(
    private readonly open: () => Promise<DataStore>,
    private readonly convertError: ConvertError,
    private readonly expiryMs: number,
    /**
     * Rejects when an upload of `sizeBytes` would not leave the reserve of the local disk free. @throws
     * {StorageFullError}
     */
    readonly assertSpaceFor: (sizeBytes: number) => Promise<void>,
  ) {
    super();
  }

  override create(upload: Upload): Promise<Upload> {
    return this.attempt(upload.id, (store) => store.create(upload));
  }

  override write(stream: Readable, id: string, offset: number): Promise<number> {
    return this.attempt(id, (store) => store.write(stream, id, offset));
  }

  override getUpload(id: string): Promise<Upload> {
    return this.attempt(id, (store) => store.getUpload(id));
  }

  override remove(id: string): Promise<void> {
    return this.attempt(id, (store) => store.remove(id));
  }

  override getExpiration(): number {
    return this.expiryMs;
  }

  private async attempt<T>(id: string, work: (store: DataStore) => Promise<T>): Promise<T> {
    try {
      return await work(await this.open());
    } catch (error) {
      throw isTusError(error) ? error : this.convertError(error, id);
    }
  }
}

const isTusError = (error: unknown) => typeof error === 'object' && error !== null && 'status_code' in error;

/** Keeps uploads on the file system of the originals, so that completion is a link. Acknowledged bytes are durable. */
class DiskParts extends FileStore {
  constructor(
    options: ConstructorParameters<typeof FileStore>[0],
    private readonly reserve: DiskReserve,
  ) {
    super(options);
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const file = createWriteStream(join(this.directory, id), { flags: 'r+', start: offset, flush: true });
    await pipeline(source, this.reserve.guard(), file); // FileStore's own write hides the cause, such as a full disk
    return offset + file.bytesWritten;
  }
}

/** Distinguishes a broken disk from a missing upload. */
class DiskInfo extends FileConfigstore<Upload> {
  override async get(id: string): Promise<Upload | undefined> {
    const text = await readFile(join(this.directory, `${id}.json`), 'utf8').catch(nullIfAbsent);
    try {
      return text === null ? undefined : (JSON.parse(text) as Upload);
    } catch {
      return undefined; // truncated by a power loss during its creation
    }
  }
}

/** Concurrent parts of one request to S3; each is a file on the disk meanwhile. */
const PARTS_IN_FLIGHT = 4;

/* oxlint-disable no-underscore-dangle -- methods of tus' stream, which has no public hook to close its files */
const openPart = StreamSplitter.prototype._newChunk;
/**
 * When an upload fails while the file of its next part is being opened, tus has cleaned up already and leaks this
 * file.
 */
StreamSplitter.prototype._newChunk = async function (this: StreamSplitter): Promise<void> {
  await openPart.call(this);
  if (!this.destroyed) return;
  const path = this.currentChunkPath;
  await this._handleError();
  if (path) await rm(path, { force: true });
  throw this.errored ?? new Error('the upload ended');
};
/* oxlint-enable no-underscore-dangle */

/** tus treats every failure to read an upload as a missing upload, after which a client would start again. */
class S3Parts extends S3Store {
  constructor(
    options: ConstructorParameters<typeof S3Store>[0],
    private readonly reserve: DiskReserve,
  ) {
    super(options);
  }

  /** tus would pass some of the client's metadata unchecked to S3 as headers of the object. */
  override async create(upload: Upload): Promise<Upload> {
    const { contentType: _, cacheControl: __, ...metadata } = upload.metadata ?? {};
    return super.create(Object.assign(upload, { metadata }));
  }

  /** tus limits parts over all uploads, counted from their first byte: a few slow clients would block all others. */
  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const Semaphore = this.partUploadSemaphore.constructor as new (count: number) => unknown;
    const withOwnSemaphore = Object.create(this, {
      partUploadSemaphore: { value: new Semaphore(PARTS_IN_FLIGHT) },
    }) as this;
    const guarded = this.reserve.guard();
    pipeline(source, guarded).catch(() => {}); // the same error reaches tus through `guarded`
    return super.write.call(withOwnSemaphore, guarded, id, offset);
  }

  /** The SDK leaves the file of a part open when the connection breaks. */
  protected override async uploadPart(
    ...[metadata, bytes, partNumber]: Parameters<S3Store['uploadPart']>
  ): Promise<string> {
    return super.uploadPart(metadata, bytes, partNumber).finally(() => bytes instanceof Readable && bytes.destroy());
  }

  protected override async uploadIncompletePart(id: string, bytes: Readable): Promise<string> {
    return super.uploadIncompletePart(id, bytes).finally(() => bytes.destroy());
  }

  override async getUpload(id: string): Promise<Upload> {
    await this.assertExists(id);
    return super.getUpload(id).catch(async (error: unknown) => {
      if (error !== ERRORS.FILE_NOT_FOUND) throw error;
      await this.assertExists(id); // tus has read it again, and reports every failure as a missing upload
      throw new DependencyUnavailableError('storage', new Error('S3 failed between two reads'));
    });
  }

  private async assertExists(id: string): Promise<void> {
    await this.getMetadata(id).catch((error: Error) => {
      throw error.name === 'NoSuchKey' || error.name === 'NotFound' ? ERRORS.FILE_NOT_FOUND : error;
    });
  }
}

/** Another instance may change an upload, so nothing is cached. */
const noCache = { get: async () => undefined, set: async () => {}, delete: async () => {}, list: async () => [] };

/** Returns the store for resumable uploads on disk. `objectsDir` is the objects folder of the storage. */
export function diskTusStore(objectsDir: string, expiryMs: number, reserve: DiskReserve): TusStore {
  let store: DiskParts | undefined;
  const open = async () => {
    if (store) await assertMounted(objectsDir);
    else await mkdir(objectsDir, { recursive: true, mode: 0o700 }); // FileStore would end the process when it fails
    const options = {
      directory: objectsDir,
      configstore: new DiskInfo(objectsDir),
      expirationPeriodInMilliseconds: expiryMs,
    };
    return (store ??= new DiskParts(options, reserve));
  };
  return new TusStore(open, asStorageError, expiryMs, (sizeBytes) => reserve.assertSpaceFor(sizeBytes));
}

/** Distinguishes an unmounted volume from one without uploads. @throws {DependencyUnavailableError} */
async function assertMounted(path: string): Promise<void> {
  const found = await stat(path).catch(nullIfAbsent);
  if (!found) throw new DependencyUnavailableError('storage', new Error(`${path} no longer exists`));
}

/** Returns the store for resumable uploads in S3. Parts pass through `tempDir`, where killed processes leave files. */
export function s3TusStore(
  { bucket, region, tempDir }: { bucket: string; region: string; tempDir: string },
  expiryMs: number,
  reserve: DiskReserve,
): TusStore {
  const options = {
    s3ClientConfig: { bucket, ...s3ClientConfig(region) },
    expirationPeriodInMilliseconds: expiryMs,
    useTags: false,
    cache: noCache,
  };
  const store = new S3Parts(options, reserve);
  const open = async () => {
    await mkdir(tempDir, { recursive: true, mode: 0o700 });
    setTempFolder(tempDir); // tus has no setting for it
    return store;
  };
  const assertSpace = () => reserve.assertSpaceFor(); // of any size: only a few parts are on the disk at a time
  return new TusStore(open, asPortError, expiryMs, assertSpace);
}
