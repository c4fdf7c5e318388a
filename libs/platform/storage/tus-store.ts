import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileConfigstore, FileStore } from '@tus/file-store';
import { S3Store } from '@tus/s3-store';
import { DataStore, ERRORS, StreamSplitter, type Upload } from '@tus/server';
import { keepTempFilesIn } from '#config';
import { DependencyUnavailableError } from '../errors';
import { asStorageError, nullIfAbsent } from './disk-files';
import type { DiskReserve } from './disk-reserve';
import { asPortError, s3ClientConfig } from './s3/s3-client';

type Translate = (error: unknown, id: string) => unknown;

/**
 * Where the bytes of unfinished uploads lie: tus' data store, but its upload ids are keys of the storage, so that the bytes
 * become an original without being moved, and its failures are those of the storage port. tus' own errors pass as they are.
 */
export class TusStore extends DataStore {
  /** Not `creation-defer-length`: what has no length can reserve no room. */
  override readonly extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];

  constructor(
    private readonly open: () => Promise<DataStore>,
    private readonly translate: Translate,
    private readonly expiryMs: number,
    /** Rejects when an upload of `sizeBytes` would not leave the reserve of the local disk free. @throws {StorageFullError} */
    readonly assertRoomFor: (sizeBytes: number) => Promise<void>,
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
      throw isTusError(error) ? error : this.translate(error, id);
    }
  }
}

const isTusError = (error: unknown) => typeof error === 'object' && error !== null && 'status_code' in error;

/** Parts on the file system of the originals, so that finishing is a link. What was acknowledged survives a loss of power. */
class DiskParts extends FileStore {
  constructor(
    options: ConstructorParameters<typeof FileStore>[0],
    private readonly reserve: DiskReserve,
  ) {
    super(options);
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const file = createWriteStream(join(this.directory, id), { flags: 'r+', start: offset, flush: true });
    await pipeline(source, this.reserve.guard(), file); // the store's own hides why it failed, a full disk too
    return offset + file.bytesWritten;
  }
}

/** A disk that is broken is not an upload that is not there. */
class DiskInfo extends FileConfigstore<Upload> {
  override async get(id: string): Promise<Upload | undefined> {
    const text = await readFile(join(this.directory, `${id}.json`), 'utf8').catch(nullIfAbsent);
    try {
      return text === null ? undefined : (JSON.parse(text) as Upload);
    } catch {
      return undefined; // torn by a loss of power in the moment of its creation
    }
  }
}

/** Parts of one request on their way to S3 at once; each lies on the disk meanwhile. */
const PARTS_AHEAD = 4;

/* oxlint-disable no-underscore-dangle -- methods of tus' stream, which has no other place to close what it opens */
const openPart = StreamSplitter.prototype._newChunk;
/** An upload that fails while the file of its next part is being opened: tus has looked for an open file before, and leaves this one open. */
StreamSplitter.prototype._newChunk = async function (this: StreamSplitter): Promise<void> {
  await openPart.call(this);
  if (!this.destroyed) return;
  const path = this.currentChunkPath;
  await this._handleError();
  if (path) await rm(path, { force: true });
  throw this.errored ?? new Error('the upload ended');
};
/* oxlint-enable no-underscore-dangle */

/** tus takes every failure to read an upload for one that is not there, and a client would then begin again. */
class S3Parts extends S3Store {
  constructor(
    options: ConstructorParameters<typeof S3Store>[0],
    private readonly reserve: DiskReserve,
  ) {
    super(options);
  }

  /** tus would pass some metadata of the client's on as headers of the object, whatever is in them. */
  override async create(upload: Upload): Promise<Upload> {
    const { contentType: _, cacheControl: __, ...metadata } = upload.metadata ?? {};
    return super.create(Object.assign(upload, { metadata }));
  }

  /** tus counts parts over all uploads, and from their first byte on: some slow clients would keep everybody else out. */
  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const Semaphore = this.partUploadSemaphore.constructor as new (count: number) => unknown;
    const withOwnCount = Object.create(this, { partUploadSemaphore: { value: new Semaphore(PARTS_AHEAD) } }) as this;
    const guarded = this.reserve.guard();
    pipeline(source, guarded).catch(() => {}); // the same error reaches tus through `guarded`
    return super.write.call(withOwnCount, guarded, id, offset);
  }

  /** A part is read from its file, which the SDK leaves open when the connection breaks. */
  protected override async uploadPart(
    ...[metadata, bytes, partNumber]: Parameters<S3Store['uploadPart']>
  ): Promise<string> {
    return super.uploadPart(metadata, bytes, partNumber).finally(() => bytes instanceof Readable && bytes.destroy());
  }

  protected override async uploadIncompletePart(id: string, bytes: Readable): Promise<string> {
    return super.uploadIncompletePart(id, bytes).finally(() => bytes.destroy());
  }

  override async getUpload(id: string): Promise<Upload> {
    await this.assertKnown(id);
    return super.getUpload(id).catch(async (error: unknown) => {
      if (error !== ERRORS.FILE_NOT_FOUND) throw error;
      await this.assertKnown(id); // it has asked once more, and to it every failure is an absence
      throw new DependencyUnavailableError('storage', new Error('S3 failed between two looks'));
    });
  }

  private async assertKnown(id: string): Promise<void> {
    await this.getMetadata(id).catch((error: Error) => {
      throw error.name === 'NoSuchKey' || error.name === 'NotFound' ? ERRORS.FILE_NOT_FOUND : error;
    });
  }
}

/** Another instance may have changed an upload meanwhile. */
const noCache = { get: async () => undefined, set: async () => {}, delete: async () => {}, list: async () => [] };

/** `objectsDir` is the folder in which the storage on disk keeps its objects. */
export function diskTusStore(objectsDir: string, expiryMs: number, reserve: DiskReserve): TusStore {
  let store: DiskParts | undefined;
  const open = async () => {
    if (store) await assertFolder(objectsDir);
    else await mkdir(objectsDir, { recursive: true, mode: 0o700 }); // first: where the store itself can not make it, it ends the process
    const options = {
      directory: objectsDir,
      configstore: new DiskInfo(objectsDir),
      expirationPeriodInMilliseconds: expiryMs,
    };
    return (store ??= new DiskParts(options, reserve));
  };
  return new TusStore(open, asStorageError, expiryMs, (sizeBytes) => reserve.assertRoomFor(sizeBytes));
}

/** A disk that is not mounted any more looks like one without uploads. @throws {DependencyUnavailableError} */
async function assertFolder(path: string): Promise<void> {
  const found = await stat(path).catch(nullIfAbsent);
  if (!found) throw new DependencyUnavailableError('storage', new Error(`${path} was there, but is gone`));
}

/** Parts pass through files in `tempDir` on their way, which is looked after: processes that are killed leave some behind. */
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
    keepTempFilesIn(tempDir); // tus has no setting of its own for it
    return store;
  };
  const assertRoom = () => reserve.assertRoomFor(); // however large the upload is, only some parts lie on the disk at once
  return new TusStore(open, asPortError, expiryMs, assertRoom);
}
