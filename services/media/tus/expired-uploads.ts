import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { MediaKey } from '#media';
import { ScheduledJob } from '#nest';
import { CONFIG, Locks, TusStore, STORAGE, type Storage } from '#platform';
import { UploadCompletion } from './completion';
import { PARTIAL_UPLOADS_PREFIX, partsKey } from './partial-uploads';

const MAX_PAUSE_MS = 10 * 60_000;

/** Erases abandoned resumable uploads after the time that `Upload-Expires` announced. */
@Injectable()
export class ExpiredUploads extends ScheduledJob {
  private readonly expiryMs: number;

  constructor(
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly store: TusStore,
    private readonly completion: UploadCompletion,
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
    for await (const { key, modifiedAt } of this.storage.list(PARTIAL_UPLOADS_PREFIX)) {
      const [userId, id] = key.slice(PARTIAL_UPLOADS_PREFIX.length).split('/');
      if (userId && id && modifiedAt.getTime() < before) expired.set(id, { userId, id });
    }
    for (const key of expired.values()) {
      if (signal?.aborted) return;
      await this.eraseIfExpired(key, before);
    }
  }

  /** Expiry counts from the creation of an upload, not from its last byte. Files that tus does not know are erased. */
  private async eraseIfExpired(key: MediaKey, before: number): Promise<void> {
    const upload = await this.store.getUpload(partsKey(key)).catch((error: unknown) => {
      if (typeof error === 'object' && error !== null && 'status_code' in error) return null;
      throw error;
    });
    if (upload?.creation_date && Date.parse(upload.creation_date) >= before) return;
    await this.completion.discard(key, upload?.size);
  }
}
