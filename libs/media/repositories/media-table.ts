import { Directory, equals, type Dynamo } from '#platform';
import type { MediaItem, MediaKey } from '../media.item';
import { parsePartitionKey, partitionKey, partitions } from '../partitions';

/** Erases rows of the media table whatever they hold: by expiry, or with their account. */
export class MediaTable {
  private readonly lists: Directory[];

  constructor(private readonly dynamo: Dynamo) {
    this.lists = [new Directory(dynamo, 'media'), new Directory(dynamo, 'failed')];
  }

  /** Deletes the rows whose time to live has ended, and yields the user of each other row. */
  async *sweepExpired(now: Date): AsyncGenerator<string> {
    for await (const { userId } of this.dynamo.sweepExpired('media', now)) yield parsePartitionKey(userId!).userId;
  }

  /** Yields the media of a user, deleted ones included. */
  mediaOf(userId: string): AsyncGenerator<Pick<MediaItem, 'userId' | 'id' | 'kind' | 'deletedAt'>> {
    return this.dynamo.queryAll('media', {
      where: equals('userId', userId),
      project: ['userId', 'id', 'kind', 'deletedAt'],
    });
  }

  /**
   * Erases the row of a medium: from then on, claims and results of a running worker fail; and its rows in the lists
   * over all accounts. Idempotent.
   */
  async eraseMedium({ userId, id }: MediaKey): Promise<void> {
    await this.dynamo.delete('media', { userId, id });
    await Promise.all(this.lists.map((list) => list.remove(id)));
  }

  /** Erases a user's rows beside the media, except the counts, which `MediaCounters.erase` erases. Idempotent. */
  async erasePartitions(userId: string): Promise<void> {
    for (const partition of partitions)
      if (partition !== 'counters') await this.erasePartition(partitionKey(userId, partition));
  }

  private async erasePartition(partition: string): Promise<void> {
    let batch: Array<{ delete: { userId: string; id: string } }> = [];
    const rows = this.dynamo.queryAll<MediaKey>('media', {
      where: equals('userId', partition),
      project: ['userId', 'id'],
    });
    for await (const { userId, id } of rows) {
      batch.push({ delete: { userId, id } });
      if (batch.length < 25) continue;
      await this.dynamo.writeMany('media', batch);
      batch = [];
    }
    await this.dynamo.writeMany('media', batch);
  }
}
