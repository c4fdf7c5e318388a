import type { Dynamo } from '#platform';
import type { MediaKey } from '../media.item';
import { partitionKey } from '../partitions';

/** Longer than an upload may take. */
const KEPT_SECONDS = 2 * 24 * 3_600;
const rowKey = ({ userId, id }: MediaKey) => ({ userId: partitionKey(userId, 'reused'), id });

/** Which uploads reused a medium with the same bytes, for two days: their ids never became a medium's. */
export class ReusedUploads {
  constructor(private readonly dynamo: Dynamo) {}

  async record(upload: MediaKey, mediaId: string): Promise<void> {
    await this.dynamo.put('media', {
      ...rowKey(upload),
      schemaVersion: 1,
      mediaId,
      expiresAt: Math.floor(Date.now() / 1_000) + KEPT_SECONDS,
    });
  }

  /** Returns the id of the medium that an upload reused, or null. */
  async find(upload: MediaKey): Promise<string | null> {
    return (await this.dynamo.get<{ mediaId: string }>('media', rowKey(upload)))?.mediaId ?? null;
  }
}
