import type { MediaKey } from '../media.item';
import type { SearchSource } from './search-text';

/**
 * Finds media by the beginnings of words. The words of each source are replaced independently. Rows are written before
 * what they describe and erased after it: matches are checked against the medium again.
 */
export interface SearchIndex {
  /** Adds the words of a source. Idempotent. */
  put(key: MediaKey, source: SearchSource, words: readonly string[]): Promise<void>;
  /** Removes the words of a source, except `kept`. Idempotent. */
  drop(key: MediaKey, source: SearchSource, words: readonly string[], kept?: readonly string[]): Promise<void>;
  /**
   * Returns the media of a user that may match: those with a word that begins with each of `words`, and all `marks`.
   * With each of them the sources in which words were found.
   */
  find(userId: string, words: readonly string[], marks?: readonly string[]): Promise<Map<string, Set<SearchSource>>>;
}
