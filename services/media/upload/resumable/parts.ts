import { Inject, Injectable, Logger } from '@nestjs/common';
import type { MediaKey } from '#media';
import { ResumableStore, STORAGE, type Storage } from '#platform';

export const PARTS = 'resumable/';
export const partsFolder = ({ userId, id }: MediaKey) => `${PARTS}${userId}/${id}/`;
/** Where the bytes of an unfinished upload lie: its key in the storage and its id in tus' store. The owner is part of it, so nobody reaches another's. */
export const partsKey = (key: MediaKey) => `${partsFolder(key)}bytes`;

/** Erases what unfinished uploads hold. */
@Injectable()
export class Parts {
  private readonly logger = new Logger(Parts.name);

  constructor(
    private readonly store: ResumableStore,
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
