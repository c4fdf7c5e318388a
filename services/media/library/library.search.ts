import { Inject, Injectable } from '@nestjs/common';
import type { MediaListQuery, MediaMatch } from '#contracts';
import {
  AnalysisResults,
  FLAGGED_MARK,
  labelMark,
  labelParts,
  matchesOf,
  MediaLists,
  namedParts,
  parseQuery,
  WordIndex,
  type MediaItem,
  type SearchIndex,
  type SearchQuery,
  type SearchSource,
} from '#media';

/** A medium that matches, and where; no matches for a search by filters alone. */
export interface FoundMedium {
  item: MediaItem;
  matches: MediaMatch[];
}

/** Finds media by words, phrases, labels and whether they are flagged. */
@Injectable()
export class LibrarySearch {
  constructor(
    @Inject(WordIndex) private readonly index: SearchIndex,
    private readonly lists: MediaLists,
    private readonly results: AnalysisResults,
  ) {}

  /** Whether a list can only be answered by a search. */
  static isSearch({ q, label, flagged }: MediaListQuery): boolean {
    return Boolean(q || label || flagged);
  }

  /** Returns a page of media, and the id after which the next one begins. */
  async page(
    userId: string,
    query: MediaListQuery,
    lastId?: string,
  ): Promise<{ found: FoundMedium[]; nextId: string | null }> {
    const search = parseQuery(query.q ?? '');
    if (query.q && search.words.length === 0) return { found: [], nextId: null };
    const marks = [...(query.label ? [labelMark(query.label)] : []), ...(query.flagged ? [FLAGGED_MARK] : [])];
    const sources = await this.index.find(userId, search.words, marks);
    const compare = compareIds(query.order);
    const ids = [...sources.keys()].toSorted(compare);
    const from = lastId ? ids.findIndex((id) => compare(id, lastId) > 0) : 0;
    const pageIds = from < 0 ? [] : ids.slice(from, from + query.limit);
    const items = (await this.lists.among(userId, pageIds)).filter((item) => passesFilters(item, query));
    const checked = await Promise.all(items.map((item) => this.check(item, search, sources.get(item.id)!)));
    const found = checked.filter((one) => one !== null).toSorted((a, b) => compare(a.item.id, b.item.id));
    const last = pageIds.at(-1);
    return { found, nextId: last && last !== ids.at(-1) ? last : null };
  }

  /** Checks a candidate against what it contains now. Stored results are read only where the index found words. */
  private async check(
    item: MediaItem,
    query: SearchQuery,
    sources: ReadonlySet<SearchSource>,
  ): Promise<FoundMedium | null> {
    if (query.words.length === 0) return { item, matches: [] };
    const parts = [
      ...namedParts(item),
      ...labelParts(item),
      ...(sources.has('text') ? await this.results.parts(item, 'text') : []),
      ...(sources.has('speech') ? await this.results.parts(item, 'speech') : []),
    ];
    const matches = matchesOf(parts, query);
    return matches && { item, matches };
  }
}

function passesFilters(item: MediaItem, { kind, status, label, flagged }: MediaListQuery): boolean {
  const hasLabel = !label || (item.labels ?? []).some((each) => labelMark(each) === labelMark(label));
  return (
    (!kind || item.kind === kind) &&
    (!status || item.status === status) &&
    hasLabel &&
    (!flagged || item.flagged === true)
  );
}

/** Ids sort by the time of their creation. */
const compareIds = (order: MediaListQuery['order']) => (a: string, b: string) =>
  a === b ? 0 : a < b === (order === 'asc') ? -1 : 1;
