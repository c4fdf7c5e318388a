import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { Media, MediaActivity, MediaList, MediaListQuery, MediaStats } from '#contracts';
import {
  matches,
  MediaCounters,
  MediaLists,
  MediaRepository,
  QueueEstimator,
  WordIndex,
  wordsOf,
  type MediaItem,
  type MediaKey,
} from '#media';
import { decodeCursor, encodeCursor, ProblemError } from '#nest';
import { CONFIG } from '#platform';

/** Reads the library of a user: lists, search, single media. */
@Injectable()
export class LibraryReader {
  constructor(
    private readonly media: MediaRepository,
    private readonly lists: MediaLists,
    private readonly words: WordIndex,
    private readonly estimator: QueueEstimator,
  ) {}

  async list(userId: string, query: MediaListQuery): Promise<MediaList> {
    const lastId = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const words = query.q ? wordsOf(query.q) : [];
    if (query.q && words.length === 0) return { items: [], nextCursor: null };
    const { items, nextId } =
      words.length > 0 ? await this.search(userId, words, query, lastId) : await this.lists.page(userId, query, lastId);
    return { items: await this.estimator.show(items), nextCursor: nextId && encodeCursor(nextId) };
  }

  /** @throws {ProblemError} not_found */
  async get(key: MediaKey): Promise<MediaItem> {
    const item = await this.media.get(key);
    if (item) return item;
    throw new ProblemError('not_found');
  }

  /** @throws {ProblemError} not_found */
  async show(key: MediaKey): Promise<Media> {
    return this.estimator.showOne(await this.get(key));
  }

  private async search(
    userId: string,
    words: string[],
    { kind, status, order, limit }: MediaListQuery,
    lastId?: string,
  ): Promise<{ items: MediaItem[]; nextId: string | null }> {
    const compare = compareIds(order);
    const ids = (await this.words.find(userId, words)).toSorted(compare);
    const from = lastId ? ids.findIndex((id) => compare(id, lastId) > 0) : 0;
    const pageIds = from < 0 ? [] : ids.slice(from, from + limit);
    const found = await this.lists.among(userId, pageIds);
    const items = found
      .filter((item) => (!kind || item.kind === kind) && (!status || item.status === status) && matches(item, words))
      .toSorted((a, b) => compare(a.id, b.id));
    const last = pageIds.at(-1);
    return { items, nextId: last && last !== ids.at(-1) ? last : null };
  }
}

/** The totals and the daily activity of a user's library. */
@Injectable()
export class LibraryStats {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly counters: MediaCounters,
  ) {}

  async stats(userId: string): Promise<MediaStats> {
    const { quotaBytes, ...counts } = await this.counters.read(userId);
    return {
      ...counts,
      quotaBytes: quotaBytes ?? this.config.userQuotaBytes,
      maxUploadBytes: this.config.maxUploadBytes,
      acceptsHeic: this.config.acceptsHeic,
      directUploads: this.config.directUploadOrigin !== null,
    };
  }

  activity(userId: string): Promise<MediaActivity> {
    return this.counters.activity(userId);
  }
}

/** Ids sort by the time of their creation. */
const compareIds = (order: MediaListQuery['order']) => (a: string, b: string) =>
  a === b ? 0 : a < b === (order === 'asc') ? -1 : 1;
