import type { Storage } from '#platform';
import type { ReservationOutcome } from './media.counters';
import { derivedFolder, originalFolder, type MediaItem, type MediaKey } from './media.item';
import type { MediaRepository } from './media.repository';
import type { WordIndex } from './word-index';

/** Takes away what belongs to a medium. Repeatable. */
export class MediaEraser {
  constructor(
    private readonly storage: Storage,
    private readonly words: WordIndex,
    private readonly media: MediaRepository,
  ) {}

  /**
   * What became of an upload that reserved room a day ago: takes away the bytes of one that died on its way to a medium.
   * Bytes that were put there since `before` belong to one that is just ending.
   */
  async discardIfStale(upload: MediaKey, before: Date): Promise<ReservationOutcome> {
    if (await this.media.getEvenDeleted(upload)) return 'medium';
    for await (const { modifiedAt } of this.storage.list(originalFolder(upload)))
      if (modifiedAt > before) return 'alive';
    await this.storage.deletePrefix(originalFolder(upload));
    return 'gone';
  }

  /** Everything of a hidden medium but its row, which goes when its events are confirmed. */
  async erase(item: MediaItem): Promise<void> {
    await this.storage.deletePrefix(derivedFolder(item.id));
    await this.storage.deletePrefix(originalFolder(item));
    await this.words.remove(item);
    await this.media.markFilesErased(item);
  }
}
