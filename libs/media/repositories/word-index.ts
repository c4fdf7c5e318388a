import { all, beginsWith, Dynamo, equals, leastIdAt } from '#platform';
import type { MediaItem } from '../media.item';
import { partitionKey } from '../partitions';

const MAX_WORDS = 200;
const MAX_WORD_LENGTH = 40;
const MAX_QUERY_WORDS = 5;
/** Matches of one word beyond this number are ignored. */
const MAX_MATCHES = 10_000;

type Described = Pick<MediaItem, 'userId' | 'id' | 'title' | 'filename' | 'tags' | 'description'>;

/** Scripts that are written without blanks between words: a word can begin at any of their characters. */
const UNSPACED = `ー${['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('')}`;
const isUnspaced = new RegExp(`[${UNSPACED}]`, 'u');
const WORD = new RegExp(`[${UNSPACED}]+|(?:(?![${UNSPACED}])[\\p{L}\\p{N}])+|\\p{Extended_Pictographic}`, 'gu');

/** Splits a text into normalized words: without case, accents and punctuation. */
function split(text: string): string[][] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (plain.match(WORD) ?? []).map((word) => [...word]);
}

/** Returns the words of a search. Text without blanks is searched by its pairs of characters. */
export const wordsOf = (text: string): string[] => [
  ...new Set(
    split(text).flatMap((word) =>
      isUnspaced.test(word[0]!) && word.length > 1 ? pairsOf(word) : [word.slice(0, MAX_WORD_LENGTH).join('')],
    ),
  ),
];

/** As `wordsOf`, and with the last character of text without blanks, which begins no pair. */
const indexedWords = ({ title, filename, tags, description }: Described): string[] => {
  const text = [title, ...tags, filename, description].join(' ');
  const lastCharacters = split(text).flatMap((word) => (isUnspaced.test(word[0]!) ? [word.at(-1)!] : []));
  return [...new Set([...wordsOf(text), ...lastCharacters])].slice(0, MAX_WORDS);
};

const pairsOf = (characters: string[]) => characters.slice(1).map((character, at) => characters[at]! + character);

/** Whether each searched word is a prefix of a word of the medium. */
export function matches(item: Described, searched: readonly string[]): boolean {
  const words = indexedWords(item);
  return searched.every((start) => words.some((word) => word.startsWith(start)));
}

/**
 * An inverted index in DynamoDB: one row per word and medium in a partition beside the media, queried by `begins_with`.
 * Rows are written before their medium and erased after it; a row without a medium is harmless, since matches are
 * checked against the media again.
 */
export class WordIndex {
  constructor(private readonly dynamo: Dynamo) {}

  async add(item: Described): Promise<void> {
    await this.dynamo.writeMany(
      'media',
      indexedWords(item).map((word) => ({ put: { ...rowKey(item, word), schemaVersion: 1 } })),
    );
  }

  async remove(item: Described, keep?: Described): Promise<void> {
    const kept = new Set(keep ? indexedWords(keep) : []);
    const obsolete = indexedWords(item).filter((word) => !kept.has(word));
    await this.dynamo.writeMany(
      'media',
      obsolete.map((word) => ({ delete: rowKey(item, word) })),
    );
  }

  /** Erases rows without a medium whose id is older than `olderThan`: a younger id may be of an upload in progress. */
  async prune(userId: string, olderThan: Date): Promise<number> {
    const ids = new Set<string>();
    for await (const { id } of this.rows(userId)) ids.add(id);
    const stale: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const row of this.rows(partitionKey(userId, 'words'))) {
      const mediaId = mediaIdOf(row);
      if (!ids.has(mediaId) && mediaId < leastIdAt(olderThan)) stale.push({ delete: row });
    }
    await this.dynamo.writeMany('media', stale);
    return stale.length;
  }

  /** Returns the ids of media that match all words, in no order. Only the five longest words count. */
  async find(userId: string, words: readonly string[]): Promise<string[]> {
    const searched = words.toSorted((a, b) => b.length - a.length).slice(0, MAX_QUERY_WORDS);
    const [first, ...others] = await Promise.all(searched.map((word) => this.idsOf(userId, word)));
    return [...(first ?? [])].filter((id) => others.every((ids) => ids.has(id)));
  }

  private rows(userId: string) {
    return this.dynamo.queryAll<{ userId: string; id: string }>('media', {
      where: equals('userId', userId),
      project: ['userId', 'id'],
    });
  }

  private async idsOf(userId: string, start: string): Promise<Set<string>> {
    const ids = new Set<string>();
    const where = all(equals('userId', partitionKey(userId, 'words')), beginsWith('id', start));
    for await (const row of this.dynamo.queryAll<{ id: string }>('media', { where, project: ['id'] })) {
      ids.add(mediaIdOf(row));
      if (ids.size >= MAX_MATCHES) break;
    }
    return ids;
  }
}

const mediaIdOf = (row: { id: string }) => row.id.slice(row.id.lastIndexOf('#') + 1);
const rowKey = ({ userId, id }: Described, word: string) => ({
  userId: partitionKey(userId, 'words'),
  id: `${word}#${id}`,
});
