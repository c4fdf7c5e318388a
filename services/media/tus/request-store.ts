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
import { FinishedUploads, type Finished } from './partial-uploads';
import { type Checksum, verified } from './tus-protocol';

/** Makes the store of each request. */
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
 * The parts as one request sees them. Adds to tus' store: an upload that became a medium is there, complete; the first bytes
 * are examined before they are kept, all of them when they come at once; bytes with a checksum are kept when it holds.
 */
export class RequestStore extends DataStore {
  override readonly extensions: string[];
  /** The upload that the request is about, once tus has asked for it. */
  upload: Upload | null = null;
  /** Set when it has ended, before this request or by it. */
  finished: Finished | null = null;
  /** Set when the whole file came by in this request. */
  examined: InspectedUpload | null = null;

  constructor(
    private readonly key: MediaKey,
    private readonly checksum: Checksum | null,
    private readonly shared: RequestStores,
  ) {
    super();
    this.extensions = [...shared.store.extensions, 'checksum'];
  }

  /** @throws {StorageFullError} when so many bytes would not leave the disk's reserve free */
  assertRoomFor(sizeBytes: number): Promise<void> {
    return this.shared.store.assertRoomFor(sizeBytes);
  }

  override async create(upload: Upload): Promise<Upload> {
    this.upload = upload;
    return this.shared.store.create(upload);
  }

  override async getUpload(id: string): Promise<Upload> {
    if (this.finished) return this.whole(id, this.finished);
    try {
      this.upload = await this.shared.store.getUpload(id);
    } catch (error) {
      this.finished = isAbsent(error) ? await this.shared.finished.find(this.key) : null;
      if (!this.finished) throw error;
      this.upload = this.whole(id, this.finished);
    }
    return this.upload;
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    if (this.finished) return offset; // tus lets through no byte beyond the last
    const { store, config, reserve } = this.shared;
    await store.assertRoomFor((this.upload?.size ?? offset) - offset);
    if (!this.checksum) return this.append(source, id, offset);
    const place = { workDir: join(config.dataDir, 'work'), reserve };
    return verified(source, this.checksum, place, (bytes) => this.append(bytes, id, offset));
  }

  override remove(id: string): Promise<void> {
    return this.shared.store.remove(id);
  }

  override getExpiration(): number {
    return this.shared.store.getExpiration();
  }

  private whole(id: string, { sizeBytes }: Finished): Upload {
    return new Upload({ id, size: sizeBytes, offset: sizeBytes });
  }

  private async append(source: Readable, id: string, offset: number): Promise<number> {
    if (offset > 0) return this.shared.store.write(source, id, offset);
    const wholeBytes = this.upload?.size;
    const intake = new UploadInspector(this.shared.config.maxUploadBytes, wholeBytes);
    pipeline(source, intake).catch(() => {}); // the same error reaches the store through `intake`
    const written = await this.shared.store.write(intake, id, 0).catch((error: unknown) => {
      throw intake.errored ?? error;
    });
    if (written === wholeBytes) this.examined = intake.result();
    return written;
  }
}

function isAbsent(error: unknown): boolean {
  const { status_code } = error as { status_code?: number };
  return status_code === 404 || status_code === 410;
}

const TTL_MS = 15_000;
/** A request that holds an upload lets go when another asks for it; a connection that is dead already often is the holder. Below what a client waits for. */
const WAIT_MS = 3_000;

export const uploadLockName = (id: string) => `upload:${id}`;

/** One request at a time for each upload, whichever instance it reaches. */
export class UploadLocker implements Locker {
  constructor(
    private readonly locks: Locks,
    private readonly waitMs = WAIT_MS,
  ) {}

  newLock(id: string): Lock {
    let held: HeldLock | undefined;
    return {
      lock: async (signal, cancelRequest) => {
        const onWanted = () => void cancelRequest();
        held = await this.acquire(id, { signal, onWanted });
        held.lost.addEventListener('abort', onWanted); // somebody else may write already
      },
      unlock: async () => held?.release(),
    };
  }

  /** Runs `work` alone. Where Redis is away it runs all the same: no other request can be let in meanwhile. @throws {ProblemError} upload_locked */
  async alone<T>(id: string, work: () => Promise<T>): Promise<T> {
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
