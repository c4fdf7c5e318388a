import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataStore, type Lock, type Locker, Upload } from '@tus/server';
import type { Config } from '#config';
import type { MediaKey } from '#media';
import { ProblemError } from '#nest';
import {
  CONFIG,
  DependencyUnavailableError,
  DiskReserve,
  type HeldLock,
  type Locks,
  LockTimeoutError,
  TusStore,
} from '#platform';
import { type InspectedUpload, UploadInspector } from '../upload/upload-inspector';
import { FinishedUploads, type FinishedUpload } from './partial-uploads';
import { type Checksum, withVerifiedBytes } from './tus-protocol';

/** Creates the store of each request. */
@Injectable()
export class RequestStores {
  constructor(
    readonly store: TusStore,
    @Inject(CONFIG) readonly config: Config,
    readonly reserve: DiskReserve,
    readonly finished: FinishedUploads,
  ) {}

  /** `key`: the upload that the request is about. */
  open(key: MediaKey, checksum: Checksum | null): RequestStore {
    return new RequestStore(key, checksum, this);
  }
}

/**
 * The upload store as one request sees it. Adds to tus' store: a finished upload is reported as complete; the first
 * bytes are inspected before they are stored (all of them when they come in one request); bytes with a checksum are
 * stored after it was verified.
 */
export class RequestStore extends DataStore {
  override readonly extensions: string[];
  /** The upload of the request, once tus has read or created it. */
  upload: Upload | null = null;
  /** Set when the upload is finished, before this request or by it. */
  finished: FinishedUpload | null = null;
  /** Set when this request carried the whole file. */
  inspected: InspectedUpload | null = null;

  constructor(
    private readonly key: MediaKey,
    private readonly checksum: Checksum | null,
    private readonly shared: RequestStores,
  ) {
    super();
    this.extensions = [...shared.store.extensions, 'checksum'];
  }

  /** @throws {StorageFullError} when the file would use the disk's reserve */
  assertSpaceFor(sizeBytes: number): Promise<void> {
    return this.shared.store.assertSpaceFor(sizeBytes);
  }

  override async create(upload: Upload): Promise<Upload> {
    this.upload = upload;
    return this.shared.store.create(upload);
  }

  override async getUpload(id: string): Promise<Upload> {
    if (this.finished) return this.complete(id, this.finished);
    try {
      this.upload = await this.shared.store.getUpload(id);
    } catch (error) {
      this.finished = isAbsent(error) ? await this.shared.finished.find(this.key) : null;
      if (!this.finished) throw error;
      this.upload = this.complete(id, this.finished);
    }
    return this.upload;
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    if (this.finished) return offset; // tus rejects bytes beyond the declared length
    const { store, config, reserve } = this.shared;
    await store.assertSpaceFor((this.upload?.size ?? offset) - offset);
    if (!this.checksum) return this.append(source, id, offset);
    const place = { workDir: join(config.dataDir, 'work'), reserve };
    return withVerifiedBytes(source, this.checksum, place, (bytes) => this.append(bytes, id, offset));
  }

  override remove(id: string): Promise<void> {
    return this.shared.store.remove(id);
  }

  override getExpiration(): number {
    return this.shared.store.getExpiration();
  }

  private complete(id: string, { sizeBytes }: FinishedUpload): Upload {
    return new Upload({ id, size: sizeBytes, offset: sizeBytes });
  }

  private async append(source: Readable, id: string, offset: number): Promise<number> {
    if (offset > 0) return this.shared.store.write(source, id, offset);
    const totalBytes = this.upload?.size;
    const inspector = new UploadInspector(this.shared.config, totalBytes);
    pipeline(source, inspector).catch(() => {}); // the same error reaches the store through `inspector`
    const written = await this.shared.store.write(inspector, id, 0).catch((error: unknown) => {
      throw inspector.errored ?? error;
    });
    if (written === totalBytes) this.inspected = inspector.result();
    return written;
  }
}

function isAbsent(error: unknown): boolean {
  const { status_code } = error as { status_code?: number };
  return status_code === 404 || status_code === 410;
}

const TTL_MS = 15_000;
/**
 * The holder of the lock releases it when another request asks for it; often the holder is a connection that has ended
 * already. Shorter than the timeout of clients.
 */
const WAIT_MS = 3_000;

export const uploadLockName = (id: string) => `upload:${id}`;

/** Locks an upload across all instances, so that one request at a time works on it. */
export class UploadLocker implements Locker {
  constructor(
    private readonly locks: Locks,
    private readonly waitMs = WAIT_MS,
  ) {}

  newLock(id: string): Lock {
    let held: HeldLock | undefined;
    return {
      lock: async (signal, cancelRequest) => {
        const cancel = () => void cancelRequest();
        held = await this.acquire(id, { signal, onWanted: cancel });
        held.lost.addEventListener('abort', cancel); // another request may be writing already
      },
      unlock: async () => held?.release(),
    };
  }

  /**
   * Runs `work` while holding the lock. Runs it without a lock while Redis is unavailable: no other request can acquire
   * one then.
   * @throws {ProblemError} upload_locked
   */
  async runExclusive<T>(id: string, work: () => Promise<T>): Promise<T> {
    const held = await this.acquire(id).catch((error: unknown) => {
      if (error instanceof DependencyUnavailableError) return null;
      throw error;
    });
    return work().finally(() => held?.release());
  }

  private async acquire(id: string, options: { signal?: AbortSignal; onWanted?: () => void } = {}): Promise<HeldLock> {
    try {
      return await this.locks.acquire(uploadLockName(id), TTL_MS, { waitMs: this.waitMs, ...options });
    } catch (error) {
      throw error instanceof LockTimeoutError
        ? new ProblemError('upload_locked', { headers: { 'Retry-After': '5' }, cause: error })
        : error;
    }
  }
}
