import { all, beginsWith, Dynamo, equals, leastIdAt } from '#platform';
import type { MediaItem, MediaKey } from '../media.item';
import { partitionKey } from '../partitions';
import type { SearchIndex } from '../search/search-index';
import { foundWords, namedWords, searchSources, type SearchSource } from '../search/search-text';
import { isStopWord } from '../search/words';

const MAX_QUERY_WORDS = 5;
/** Matches of one word beyond this number are ignored. */
const MAX_MATCHES = 10_000;

type Described = Pick<MediaItem, 'userId' | 'id' | 'title' | 'filename' | 'tags' | 'description'>;
type Sources = Map<string, Set<SearchSource>>;

/**
 * An inverted index in DynamoDB: one row per word, medium and source in a partition beside the media, queried by
 * `begins_with`. A row without a medium is harmless.
 */
export class WordIndex implements SearchIndex {
  constructor(private readonly dynamo: Dynamo) {}

  /** Adds the words by which a medium is named. */
  add(item: Described): Promise<void> {
    return this.put(item, 'names', namedWords(item));
  }

  /** Removes the words by which a medium is named, and those of what analysers found for lists. */
  async remove(item: Described & Pick<MediaItem, 'labels' | 'flagged'>, keep?: Described): Promise<void> {
    await this.drop(item, 'names', namedWords(item), keep && namedWords(keep));
    if (!keep) await this.drop(item, 'labels', foundWords(item));
  }

  async put(key: MediaKey, source: SearchSource, words: readonly string[]): Promise<void> {
    await this.dynamo.writeMany(
      'media',
      words.map((word) => ({ put: { ...rowKey(key, source, word), schemaVersion: 1 } })),
    );
  }

  async drop(
    key: MediaKey,
    source: SearchSource,
    words: readonly string[],
    kept: readonly string[] = [],
  ): Promise<void> {
    const isKept = new Set(kept);
    await this.dynamo.writeMany(
      'media',
      words.filter((word) => !isKept.has(word)).map((word) => ({ delete: rowKey(key, source, word) })),
    );
  }

  /** Erases rows without a medium whose id is older than `olderThan`: a younger id may be of an upload in progress. */
  async prune(userId: string, olderThan: Date): Promise<number> {
    const ids = new Set<string>();
    for await (const { id } of this.rows(userId)) ids.add(id);
    const stale: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const row of this.rows(partitionKey(userId, 'words'))) {
      const { mediaId } = parseRow(row);
      if (!ids.has(mediaId) && mediaId < leastIdAt(olderThan)) stale.push({ delete: row });
    }
    await this.dynamo.writeMany('media', stale);
    return stale.length;
  }

  /** Only the five longest words count, and those that are in every text only without others. */
  async find(userId: string, words: readonly string[], marks: readonly string[] = []): Promise<Sources> {
    const distinctive = words.filter((word) => !isStopWord(word));
    const searched = (distinctive.length > 0 ? distinctive : words)
      .toSorted((a, b) => b.length - a.length)
      .slice(0, MAX_QUERY_WORDS);
    const [first = new Map(), ...others] = await Promise.all([
      ...searched.map((word) => this.idsOf(userId, word)),
      ...marks.map((mark) => this.idsOf(userId, `${mark}#`)),
    ]);
    const found: Sources = new Map();
    for (const [id, sources] of first as Sources)
      if (others.every((ids) => ids.has(id)))
        found.set(id, new Set([...sources, ...others.flatMap((ids) => [...ids.get(id)!])]));
    return found;
  }

  private rows(userId: string) {
    return this.dynamo.queryAll<{ userId: string; id: string }>('media', {
      where: equals('userId', userId),
      project: ['userId', 'id'],
    });
  }

  private async idsOf(userId: string, start: string): Promise<Sources> {
    const ids: Sources = new Map();
    const where = all(equals('userId', partitionKey(userId, 'words')), beginsWith('id', start));
    for await (const row of this.dynamo.queryAll<{ id: string }>('media', { where, project: ['id'] })) {
      const { mediaId, source } = parseRow(row);
      const sources = ids.get(mediaId) ?? new Set();
      ids.set(mediaId, sources.add(source));
      if (ids.size >= MAX_MATCHES) break;
    }
    return ids;
  }
}

/** Rows of names have no suffix: those of versions without analyses have the same key. */
const suffixOf = (source: SearchSource) => (source === 'names' ? '' : `.${source}`);

const rowKey = ({ userId, id }: MediaKey, source: SearchSource, word: string) => ({
  userId: partitionKey(userId, 'words'),
  id: `${word}#${id}${suffixOf(source)}`,
});

function parseRow({ id }: { id: string }): { mediaId: string; source: SearchSource } {
  const [mediaId = '', suffix] = id.slice(id.lastIndexOf('#') + 1).split('.');
  return { mediaId, source: searchSources.find((source) => source === suffix) ?? 'names' };
}
