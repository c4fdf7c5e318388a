import { Injectable } from '@nestjs/common';
import { MediaRepository, type MediaKey } from '#media';
import { Dynamo } from '#platform';

export interface Finished {
  mediaId: string;
  sizeBytes: number;
}

const KEPT_SECONDS = 2 * 24 * 3_600;
const reusedKey = ({ userId, id }: MediaKey) => ({ userId: `${userId}#reused`, id });

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
    await this.dynamo.put('media', { ...reusedKey(key), schemaVersion: 1, mediaId, expiresAt: Math.floor(Date.now() / 1_000) + KEPT_SECONDS });
  }

  private async reused(key: MediaKey) {
    const row = await this.dynamo.get<{ mediaId: string }>('media', reusedKey(key));
    return row && this.media.get({ userId: key.userId, id: row.mediaId });
  }
}
