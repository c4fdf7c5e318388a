import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Upload } from '@tus/server';
import { MediaRepository, ownerFolder, ReusedUploads, unfinishedFolder, type MediaKey } from '#media';
import { TusStore, STORAGE, type Storage } from '#platform';
import { DirectRecords } from '../direct/direct-records';
import { DirectTransfers } from '../direct/direct-transfers';

/**
 * Storage key of an unfinished upload's bytes, and its id in tus' store. It contains the owner's id, so that no request
 * reaches the uploads of another user.
 */
export const partsKey = (key: MediaKey) => `${unfinishedFolder(key)}bytes`;

/** Erases the stored parts of unfinished uploads. */
@Injectable()
export class PartialUploads {
  private readonly logger = new Logger(PartialUploads.name);

  constructor(
    private readonly store: TusStore,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly records: DirectRecords,
    private readonly transfers: DirectTransfers,
  ) {}

  /** Returns null when tus knows no upload with this key. */
  async find(key: MediaKey): Promise<Upload | null> {
    return this.store.getUpload(partsKey(key)).catch((error: unknown) => {
      if (typeof error === 'object' && error !== null && 'status_code' in error) return null;
      throw error;
    });
  }

  /** Never rejects: parts that could not be erased are erased when the upload expires. */
  async erase(key: MediaKey): Promise<void> {
    try {
      await this.store.remove(partsKey(key)).catch(() => {}); // S3: aborts the multipart upload; there may be none
      await this.storage.deletePrefix(unfinishedFolder(key));
    } catch (err) {
      this.logger.warn({ err, mediaId: key.id, msg: 'parts of an upload are left for the sweep' });
    }
  }

  /** How many unfinished uploads a user has. */
  async countOf(userId: string): Promise<number> {
    return (await this.idsOf(userId)).size;
  }

  /** Erases the unfinished uploads of a user, also those straight to the bucket. */
  async eraseAllOf(userId: string): Promise<void> {
    for (const id of await this.idsOf(userId)) {
      const key = { userId, id };
      await this.store.remove(partsKey(key)).catch(() => {}); // S3: as above
      await this.transfers.erase(key, await this.records.find(key));
    }
    await this.storage.deletePrefix(ownerFolder('unfinished', userId));
    await this.storage.deletePrefix(ownerFolder('incoming', userId));
  }

  private async idsOf(userId: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { key } of this.storage.list(ownerFolder('unfinished', userId))) ids.add(key.split('/')[2]!);
    return ids;
  }
}

export interface FinishedUpload {
  mediaId: string;
  sizeBytes: number;
}

/** Finds the medium of a finished upload: the one with the upload's id, or an earlier one with the same bytes. */
@Injectable()
export class FinishedUploads {
  constructor(
    private readonly media: MediaRepository,
    private readonly reused: ReusedUploads,
  ) {}

  async find(key: MediaKey): Promise<FinishedUpload | null> {
    const item = (await this.media.get(key)) ?? (await this.findReused(key));
    return item ? { mediaId: item.id, sizeBytes: item.sizeBytes } : null;
  }

  /** Records that the upload reused another medium. */
  async recordReuse(key: MediaKey, mediaId: string): Promise<void> {
    await this.reused.record(key, mediaId);
  }

  private async findReused(key: MediaKey) {
    const mediaId = await this.reused.find(key);
    return mediaId && this.media.get({ userId: key.userId, id: mediaId });
  }
}
