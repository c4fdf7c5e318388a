import type { Storage } from '#platform';
import { derivedFolder, originalFolder, type MediaItem } from './media.item';
import type { MediaRepository } from './media.repository';
import type { WordIndex } from './word-index';

/** Takes away everything of a hidden medium but its row, which goes when its events are confirmed. Repeatable. */
export class MediaEraser {
  constructor(
    private readonly storage: Storage,
    private readonly words: WordIndex,
    private readonly media: MediaRepository,
  ) {}

  async erase(item: MediaItem): Promise<void> {
    await this.storage.deletePrefix(derivedFolder(item.id));
    await this.storage.deletePrefix(originalFolder(item));
    await this.words.remove(item);
    await this.media.markFilesErased(item);
  }
}
