import type { Storage } from '#platform';
import { AnalysisResults } from './analysis/analysis.results';
import type { MediaItem, MediaKey } from './media.item';
import type { ReservationOutcome } from './repositories/media.counters';
import type { MediaRepository } from './repositories/media.repository';
import type { WordIndex } from './repositories/word-index';
import { derivedFolder, originalFolder } from './storage-layout';

/** Erases the files and index entries of a medium. Idempotent. */
export class MediaEraser {
  private readonly results: AnalysisResults;

  constructor(
    private readonly storage: Storage,
    private readonly words: WordIndex,
    private readonly media: MediaRepository,
  ) {
    this.results = new AnalysisResults(storage, words);
  }

  /**
   * Resolves the outcome of an upload whose reservation is a day old, and deletes the bytes of an abandoned one. Bytes
   * written after `before` belong to an upload that is just being completed.
   */
  async discardIfStale(upload: MediaKey, before: Date): Promise<ReservationOutcome> {
    if (await this.media.getEvenDeleted(upload)) return 'medium';
    for await (const { modifiedAt } of this.storage.list(originalFolder(upload)))
      if (modifiedAt > before) return 'in_progress';
    await this.storage.deletePrefix(originalFolder(upload));
    return 'abandoned';
  }

  /** Erases everything of a deleted medium except its row, which is removed once its events are confirmed. */
  async erase(item: MediaItem): Promise<void> {
    await this.results.dropWords(item);
    await this.storage.deletePrefix(derivedFolder(item.id));
    await this.storage.deletePrefix(originalFolder(item));
    await this.words.remove(item);
    await this.media.markFilesErased(item);
  }
}
