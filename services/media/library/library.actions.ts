import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config } from '#config';
import type {
  BatchRequest,
  BatchResponse,
  Media,
  MediaActivity,
  MediaList,
  MediaListQuery,
  MediaStats,
  UpdateMediaRequest,
} from '#contracts';
import {
  matches,
  MediaAnnouncer,
  MediaCounters,
  MediaEraser,
  QueueEstimator,
  MediaRepository,
  WordIndex,
  wordsOf,
  type MediaItem,
  type MediaKey,
} from '#media';
import { ProblemError, toProblem } from '#nest';
import { all, beginsWith, CONFIG, Dynamo, equals, isId, type Condition } from '#platform';

/** What a user can see and do with what is there. */
@Injectable()
export class LibraryService {
  private readonly logger = new Logger(LibraryService.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dynamo: Dynamo,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly words: WordIndex,
    private readonly eraser: MediaEraser,
    private readonly estimator: QueueEstimator,
    private readonly announcer: MediaAnnouncer,
  ) {}

  async list(userId: string, query: MediaListQuery): Promise<MediaList> {
    const last = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const words = query.q ? wordsOf(query.q) : [];
    if (query.q && words.length === 0) return { items: [], nextCursor: null };
    return words.length > 0 ? this.search(userId, words, query, last) : this.page(userId, query, last);
  }

  async stats(userId: string): Promise<MediaStats> {
    return {
      ...(await this.counters.read(userId)),
      quotaBytes: this.config.userQuotaBytes,
      maxUploadBytes: this.config.maxUploadBytes,
    };
  }

  activity(userId: string): Promise<MediaActivity> {
    return this.counters.activity(userId);
  }

  /** @throws {ProblemError} not_found */
  async get(key: MediaKey): Promise<MediaItem> {
    return (await this.media.get(key)) ?? notFound();
  }

  /** @throws {ProblemError} not_found */
  async show(key: MediaKey): Promise<Media> {
    return this.estimator.showOne(await this.get(key));
  }

  /** @throws {ProblemError} not_found */
  async describe(key: MediaKey, details: UpdateMediaRequest): Promise<Media> {
    const before = await this.get(key);
    const described = { ...before, ...withoutUndefined(details) };
    await this.words.add(described);
    const after = (await this.media.describe(key, details)) ?? notFound();
    await this.words.remove(before, after);
    return this.estimator.showOne(after);
  }

  /** @throws {ProblemError} not_found, not_failed */
  async retry(key: MediaKey): Promise<Media> {
    const retried = await this.media.retry(key);
    if (!retried) {
      await this.get(key);
      throw new ProblemError('not_failed');
    }
    await this.announcer.announce(retried);
    await this.announcer.wake(retried.item);
    return this.estimator.showOne(retried.item);
  }

  /** Hidden when this resolves, whatever fails after the first step: the sweeper goes on. @throws {ProblemError} not_found */
  async remove(key: MediaKey): Promise<void> {
    const deleted = (await this.media.markDeleted(key)) ?? notFound();
    await this.announcer.announce(deleted);
    try {
      await this.eraser.erase(deleted.item);
    } catch (err) {
      this.logger.warn({ err, mediaId: key.id, msg: 'files of a deleted medium are left for the sweep' });
    }
  }

  /** Each id by itself: what fails for one says so and stops no other. */
  async batch(userId: string, { action, ids }: BatchRequest): Promise<BatchResponse> {
    const items: BatchResponse['items'] = [];
    for (const id of new Set(ids)) {
      try {
        if (!isId(id)) notFound();
        await (action === 'delete' ? this.remove({ userId, id }) : this.retry({ userId, id }));
        items.push({ id, ok: true });
      } catch (error) {
        items.push({ id, ok: false, code: toProblem(error).code });
      }
    }
    return { items };
  }

  private async page(
    userId: string,
    { kind, status, sha256, order, limit }: MediaListQuery,
    last?: string,
  ): Promise<MediaList> {
    const [index, prefix] = sha256 ? ['bySha256', `${sha256}#`] : indexFor(kind, status);
    const owner = equals('userId', userId);
    const where: Condition = prefix ? all(owner, beginsWith(index, prefix)) : owner;
    const after = last && { userId, id: last, [index]: `${prefix}${last}` };
    const page = await this.dynamo.query<MediaItem>('media', {
      index,
      where,
      descending: order === 'desc',
      limit,
      ...(after && { after }),
    });
    return {
      items: await this.estimator.show(page.items),
      nextCursor: page.next?.id ? encodeCursor(page.next.id) : null,
    };
  }

  private async search(
    userId: string,
    words: string[],
    { kind, status, order, limit }: MediaListQuery,
    last?: string,
  ): Promise<MediaList> {
    const ids = (await this.words.find(userId, words)).toSorted(inOrder(order));
    const from = last ? ids.findIndex((id) => inOrder(order)(id, last) > 0) : 0;
    const wanted = from < 0 ? [] : ids.slice(from, from + limit);
    const found = await this.dynamo.getMany<MediaItem>(
      'media',
      wanted.map((id) => ({ userId, id })),
    );
    const items = found
      .filter(
        (item) =>
          !item.deletedAt &&
          (!kind || item.kind === kind) &&
          (!status || item.status === status) &&
          matches(item, words),
      )
      .toSorted((a, b) => inOrder(order)(a.id, b.id));
    const next = wanted.at(-1);
    return {
      items: await this.estimator.show(items),
      nextCursor: next && next !== ids.at(-1) ? encodeCursor(next) : null,
    };
  }
}

/** Ids sort by the moment they were made. */
const inOrder = (order: MediaListQuery['order']) => (a: string, b: string) =>
  a === b ? 0 : a < b === (order === 'asc') ? -1 : 1;

function indexFor(kind: string | undefined, status: string | undefined): [index: string, prefix: string] {
  if (kind && status) return ['byKindStatus', `${kind}#${status}#`];
  if (kind) return ['byKind', `${kind}#`];
  if (status) return ['byStatus', `${status}#`];
  return ['visibleId', ''];
}

const encodeCursor = (id: string) => Buffer.from(id).toString('base64url');

/** The id after which the next page goes on. @throws {ProblemError} validation_failed */
function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (/^[0-9A-Z]{26}$/.test(id)) return id;
  throw new ProblemError('validation_failed', {
    errors: [{ path: 'cursor', message: 'Use the nextCursor of a list as it is.' }],
  });
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function notFound(): never {
  throw new ProblemError('not_found');
}
