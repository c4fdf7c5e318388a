import { Inject, Injectable, Logger } from '@nestjs/common';
import { type MediaKey, MediaRepository, partitionKey } from '#media';
import { Dynamo, TusStore, STORAGE, type Storage } from '#platform';

export const PARTS = 'resumable/';
const partsFolder = ({ userId, id }: MediaKey) => `${PARTS}${userId}/${id}/`;
/** Where the bytes of an unfinished upload lie: its key in the storage and its id in tus' store. The owner is part of it, so nobody reaches another's. */
export const partsKey = (key: MediaKey) => `${partsFolder(key)}bytes`;

/** Erases what unfinished uploads hold. */
@Injectable()
export class PartialUploads {
  private readonly logger = new Logger(PartialUploads.name);

  constructor(
    private readonly store: TusStore,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Never rejects: what could not be erased now is erased when the upload expires. */
  async erase(key: MediaKey): Promise<void> {
    try {
      await this.store.remove(partsKey(key)).catch(() => {}); // S3: parts that are no object yet. Not there: fine
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
    for (const id of await this.idsOf(userId)) await this.store.remove(partsKey({ userId, id })).catch(() => {}); // S3: parts that are no object yet
    await this.storage.deletePrefix(`${PARTS}${userId}/`);
  }

  private async idsOf(userId: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const { key } of this.storage.list(`${PARTS}${userId}/`)) ids.add(key.split('/')[2]!);
    return ids;
  }
}

export interface Finished {
  mediaId: string;
  sizeBytes: number;
}

const KEPT_SECONDS = 2 * 24 * 3_600;
const reusedKey = ({ userId, id }: MediaKey) => ({ userId: partitionKey(userId, 'reused'), id });

/** What became of an upload. It has the id of the medium that it makes, unless it was answered with one that was there. */
@Injectable()
export class FinishedUploads {
  constructor(
    private readonly media: MediaRepository,
    private readonly dynamo: Dynamo,
  ) {}

  async find(key: MediaKey): Promise<Finished | null> {
    const item = (await this.media.get(key)) ?? (await this.reused(key));
    return item && { mediaId: item.id, sizeBytes: item.sizeBytes };
  }

  /** The upload was answered with another medium: known for two days, longer than it could have gone on. */
  async remember(key: MediaKey, mediaId: string): Promise<void> {
    await this.dynamo.put('media', {
      ...reusedKey(key),
      schemaVersion: 1,
      mediaId,
      expiresAt: Math.floor(Date.now() / 1_000) + KEPT_SECONDS,
    });
  }

  private async reused(key: MediaKey) {
    const row = await this.dynamo.get<{ mediaId: string }>('media', reusedKey(key));
    return row && this.media.get({ userId: key.userId, id: row.mediaId });
  }
}
