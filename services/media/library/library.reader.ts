import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { Media, MediaActivity, MediaList, MediaListQuery, MediaStats } from '#contracts';
import { MediaCounters, MediaLists, MediaRepository, QueueEstimator, type MediaItem, type MediaKey } from '#media';
import { decodeCursor, encodeCursor, ProblemError } from '#nest';
import { CONFIG } from '#platform';
import { LibrarySearch } from './library.search';

/** Reads the library of a user: lists, search, single media. */
@Injectable()
export class LibraryReader {
  constructor(
    private readonly media: MediaRepository,
    private readonly lists: MediaLists,
    private readonly search: LibrarySearch,
    private readonly estimator: QueueEstimator,
  ) {}

  async list(userId: string, query: MediaListQuery): Promise<MediaList> {
    const lastId = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    if (LibrarySearch.isSearch(query)) return this.found(userId, query, lastId);
    const { items, nextId } = await this.lists.page(userId, query, lastId);
    return { items: await this.estimator.show(items), nextCursor: nextId && encodeCursor(nextId) };
  }

  private async found(userId: string, query: MediaListQuery, lastId?: string): Promise<MediaList> {
    const { found, nextId } = await this.search.page(userId, query, lastId);
    const shown = await this.estimator.show(found.map(({ item }) => item));
    const items = shown.map((medium, at) => ({ ...medium, matches: found[at]!.matches }));
    return { items, nextCursor: nextId && encodeCursor(nextId) };
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
