import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { storageRoots, type MediaKey } from '#media';
import { ScheduledJob } from '#nest';
import { CONFIG, Locks, STORAGE, type Storage } from '#platform';
import { DirectUploads } from '../direct/direct-uploads';
import { UploadCompletion } from './completion';

const MAX_PAUSE_MS = 10 * 60_000;

/** Erases abandoned uploads, after the time that `Upload-Expires` announced to tus clients. */
@Injectable()
export class ExpiredUploads extends ScheduledJob {
  private readonly expiryMs: number;

  constructor(
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly completion: UploadCompletion,
    private readonly direct: DirectUploads,
    @Inject(CONFIG) config: Config,
    locks: Locks,
  ) {
    const expiryMs = config.uploadExpirySeconds * 1_000;
    super(locks, { name: 'sweep:uploads', everyMs: Math.min(expiryMs / 2, MAX_PAUSE_MS), lockMs: 15_000 });
    this.expiryMs = expiryMs;
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    const before = Date.now() - this.expiryMs;
    const expired = new Map<string, MediaKey>();
    for (const root of [storageRoots.unfinished, storageRoots.incoming])
      for await (const { key, modifiedAt } of this.storage.list(`${root}/`)) {
        const [, userId, id] = key.split('/');
        if (userId && id && modifiedAt.getTime() < before) expired.set(id, { userId, id });
      }
    for (const key of expired.values()) {
      if (signal?.aborted) return;
      if (!(await this.direct.expire(key))) await this.eraseIfExpired(key, before);
    }
  }

  /** Expiry counts from the creation of an upload, not from its last byte. Files that tus does not know are erased. */
  private async eraseIfExpired(key: MediaKey, before: number): Promise<void> {
    const upload = await this.completion.unfinished(key);
    if (upload?.creation_date && Date.parse(upload.creation_date) >= before) return;
    await this.completion.discard(key, upload?.size);
  }
}
