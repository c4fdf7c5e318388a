import { Inject, Injectable, Logger } from '@nestjs/common';
import { type MediaKey, MediaRepository, partitionKey } from '#media';
import { Dynamo, TusStore, STORAGE, type Storage } from '#platform';

export const PARTIAL_UPLOADS_PREFIX = 'resumable/';
const partsFolder = ({ userId, id }: MediaKey) => `${PARTIAL_UPLOADS_PREFIX}${userId}/${id}/`;
/**
 * Storage key of an unfinished upload's bytes, and its id in tus' store. It contains the owner's id, so that no request
 * reaches the uploads of another user.
 */
export const partsKey = (key: MediaKey) => `${partsFolder(key)}bytes`;

/** Erases the stored parts of unfinished uploads. */
@Injectable()
export class PartialUploads {
  private readonly logger = new Logger(PartialUploads.name);

  constructor(
    private readonly store: TusStore,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Never rejects: parts that could not be erased are erased when the upload expires. */
  async erase(key: MediaKey): Promise<void> {
    try {
      await this.store.remove(partsKey(key)).catch(() => {}); // S3: aborts the multipart upload; there may be none
      await this.storage.deletePrefix(partsFolder(key));
    } catch (err) {
      this.logger.warn({ err, mediaId: key.id, msg: 'parts of an upload are left for the sweep' });
    }
  }

  /** How many unfinished uploads a user has. */
  async countOf(userId: string): Promise<number> {
    return (await this.idsOf(userId)).size;
  }

  /** Erases the unfinished uploads of a user. */
  async eraseAllOf(userId: string): Promise<void> {
    // S3: as above
    for (const id of await this.idsOf(userId)) await this.store.remove(partsKey({ userId, id })).catch(() => {});
    await this.storage.deletePrefix(`${PARTIAL_UPLOADS_PREFIX}${userId}/`);
  }

  private async idsOf(userId: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { key } of this.storage.list(`${PARTIAL_UPLOADS_PREFIX}${userId}/`)) ids.add(key.split('/')[2]!);
    return ids;
  }
}

export interface FinishedUpload {
  mediaId: string;
  sizeBytes: number;
}

const KEPT_SECONDS = 2 * 24 * 3_600;
const reusedKey = ({ userId, id }: MediaKey) => ({ userId: partitionKey(userId, 'reused'), id });

/** Finds the medium of a finished upload: the one with the upload's id, or an earlier one with the same bytes. */
@Injectable()
export class FinishedUploads {
  constructor(
    private readonly media: MediaRepository,
    private readonly dynamo: Dynamo,
  ) {}

  async find(key: MediaKey): Promise<FinishedUpload | null> {
    const item = (await this.media.get(key)) ?? (await this.findReused(key));
    return item && { mediaId: item.id, sizeBytes: item.sizeBytes };
  }

  /** Records that the upload reused another medium, for two days: longer than an upload may take. */
  async recordReuse(key: MediaKey, mediaId: string): Promise<void> {
    await this.dynamo.put('media', {
      ...reusedKey(key),
      schemaVersion: 1,
      mediaId,
      expiresAt: Math.floor(Date.now() / 1_000) + KEPT_SECONDS,
    });
  }

  private async findReused(key: MediaKey) {
    const row = await this.dynamo.get<{ mediaId: string }>('media', reusedKey(key));
    return row && this.media.get({ userId: key.userId, id: row.mediaId });
  }
}
