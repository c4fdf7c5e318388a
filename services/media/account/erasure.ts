import { Inject, Injectable } from '@nestjs/common';
import type { EraseOwned } from '#contracts';
import { derivedFolder, MediaCounters, type MediaItem, type MediaKey, partitionKey, partitions } from '#media';
import { Dynamo, equals, JobQueue, STORAGE, type Storage } from '#platform';
import { PartialUploads } from '../tus/partial-uploads';

/** Erases everything the media service keeps of a deleted account, and reports how much it was. Repeatable. */
@Injectable()
export class MediaErasure {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly counters: MediaCounters,
    private readonly queue: JobQueue,
    private readonly partialUploads: PartialUploads,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Erases nothing before the counts are confirmed, so that the receipt is complete whichever step fails or is
   * repeated.
   */
  async erase({ userId, counted, final }: EraseOwned): Promise<void> {
    if (!final) await this.counters.close(userId); // rejects the commits of uploads that are under way
    if (!counted && !final) return this.report(userId, await this.count(userId), false);
    for await (const { id } of this.rows(userId)) {
      await this.storage.deletePrefix(derivedFolder(id));
      await this.dynamo.delete('media', { userId, id }); // from here on, claims and results of a running worker fail
    }
    await this.storage.deletePrefix(`originals/${userId}/`);
    await this.partialUploads.eraseAllOf(userId);
    for (const partition of partitions)
      if (partition !== 'counters') await this.eraseRows(partitionKey(userId, partition)); // counters: below
    await this.counters.erase(userId, final);
    await this.report(userId, {}, true);
  }

  private async report(userId: string, counts: Record<string, number>, done: boolean): Promise<void> {
    await this.queue.send('erased', { userId, service: 'media', counts, done });
  }

  private async count(userId: string): Promise<Record<string, number>> {
    const reservations = Object.keys((await this.counters.reservations(userId)) ?? {}).length;
    const counts = {
      media: 0,
      image: 0,
      audio: 0,
      video: 0,
      files: 0,
      bytes: 0,
      unfinishedUploads: await this.partialUploads.countOf(userId),
      reservations,
    };
    const addFiles = async (prefix: string) => {
      for await (const { sizeBytes } of this.storage.list(prefix)) {
        counts.files += 1;
        counts.bytes += sizeBytes;
      }
    };
    for await (const { id, kind, deletedAt } of this.dynamo.queryAll<MediaItem>('media', {
      where: equals('userId', userId),
      project: ['id', 'kind', 'deletedAt'],
    })) {
      await addFiles(derivedFolder(id));
      if (deletedAt) continue; // by the owner, earlier
      counts.media += 1;
      counts[kind] += 1;
    }
    await addFiles(`originals/${userId}/`);
    return counts;
  }

  private rows(partition: string): AsyncGenerator<MediaKey> {
    return this.dynamo.queryAll<MediaKey>('media', { where: equals('userId', partition), project: ['userId', 'id'] });
  }

  private async eraseRows(partition: string): Promise<void> {
    let batch: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const { userId, id } of this.rows(partition)) {
      batch.push({ delete: { userId, id } });
      if (batch.length < 25) continue;
      await this.dynamo.writeMany('media', batch);
      batch = [];
    }
    await this.dynamo.writeMany('media', batch);
  }
}
