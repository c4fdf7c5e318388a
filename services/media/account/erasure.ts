import { Inject, Injectable } from '@nestjs/common';
import type { EraseOwned } from '#contracts';
import { derivedFolder, MediaCounters, MediaTable, ownerFolder } from '#media';
import { JobQueue, STORAGE, type Storage } from '#platform';
import { PartialUploads } from '../tus/partial-uploads';

/** Erases everything the media service keeps of a deleted account, and reports how much it was. Repeatable. */
@Injectable()
export class MediaErasure {
  constructor(
    private readonly table: MediaTable,
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
    for await (const { id } of this.table.mediaOf(userId)) {
      await this.storage.deletePrefix(derivedFolder(id));
      await this.table.eraseMedium({ userId, id });
    }
    await this.storage.deletePrefix(ownerFolder('originals', userId));
    await this.partialUploads.eraseAllOf(userId);
    await this.table.erasePartitions(userId);
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
    for await (const { id, kind, deletedAt } of this.table.mediaOf(userId)) {
      await addFiles(derivedFolder(id));
      if (deletedAt) continue; // by the owner, earlier
      counts.media += 1;
      counts[kind] += 1;
    }
    await addFiles(ownerFolder('originals', userId));
    return counts;
  }
}
