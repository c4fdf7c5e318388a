import { Inject, Injectable } from '@nestjs/common';
import { derivedFolder, MediaCounters, type MediaKey } from '#media';
import { Dynamo, equals, JobQueue, STORAGE, type Storage } from '#platform';
import { Parts } from '../upload/resumable/parts';

/** Erases everything the media service keeps of a deleted account, and reports how much it was. Repeatable. */
@Injectable()
export class MediaErasure {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly counters: MediaCounters,
    private readonly queue: JobQueue,
    private readonly parts: Parts,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  async erase(userId: string): Promise<void> {
    await this.counters.close(userId); // no upload that is under way gets in any more
    let files = 0;
    let media = 0;
    for await (const { id } of this.rows(userId)) {
      files += (await this.storage.deletePrefix(derivedFolder(id))).objects;
      await this.dynamo.delete('media', { userId, id }); // claims and finishes of a worker that still runs fail from here on
      media += 1;
    }
    files += (await this.storage.deletePrefix(`originals/${userId}/`)).objects;
    files += await this.parts.eraseAllOf(userId);
    for (const part of ['words', 'idempotency', 'reused']) await this.eraseRows(`${userId}#${part}`);
    await this.counters.erase(userId);
    await this.queue.send('erased', { userId, service: 'media', counts: { media, files } });
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

