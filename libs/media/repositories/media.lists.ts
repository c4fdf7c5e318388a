import type { MediaListQuery } from '#contracts';
import { all, atMost, beginsWith, equals, type Condition, type Dynamo } from '#platform';
import { parseMediaItem, type MediaItem } from '../media.item';

const EXPORT_PAGE = 100;

/** A page of a list, and the id after which the next one begins; null on the last page. */
export interface MediaPage {
  items: MediaItem[];
  nextId: string | null;
}

/** Reads a user's library by its local indexes, consistently: what was just created is in every list. */
export class MediaLists {
  constructor(private readonly dynamo: Dynamo) {}

  /** A page of the library, filtered by kind and status or by sha256. `lastId`: the last id of the page before. */
  async page(
    userId: string,
    { kind, status, sha256, order, limit }: Pick<MediaListQuery, 'kind' | 'status' | 'sha256' | 'order' | 'limit'>,
    lastId?: string,
  ): Promise<MediaPage> {
    const [index, prefix] = sha256 ? ['bySha256', `${sha256}#`] : indexFor(kind, status);
    const owner = equals('userId', userId);
    const where: Condition = prefix ? all(owner, beginsWith(index, prefix)) : owner;
    const after = lastId && { userId, id: lastId, [index]: `${prefix}${lastId}` };
    const { items, next } = await this.dynamo.query('media', {
      index,
      where,
      descending: order === 'desc',
      limit,
      ...(after && { after }),
    });
    return { items: items.map(parseMediaItem), nextId: (next?.id as string | undefined) ?? null };
  }

  /** Those of the given ids that exist and are not deleted, in no order. */
  async among(userId: string, ids: readonly string[]): Promise<MediaItem[]> {
    const keys = ids.map((id) => ({ userId, id }));
    const rows = await this.dynamo.getMany('media', keys);
    return rows.map(parseMediaItem).filter(({ deletedAt }) => !deletedAt);
  }

  /** Everything up to an id, one page in memory at a time. */
  async *upTo(userId: string, lastId: string): AsyncGenerator<MediaItem> {
    const rows = this.dynamo.queryAll('media', {
      index: 'visibleId',
      where: all(equals('userId', userId), atMost('visibleId', lastId)),
      limit: EXPORT_PAGE,
    });
    for await (const row of rows) yield parseMediaItem(row);
  }
}

function indexFor(kind: string | undefined, status: string | undefined): [index: string, prefix: string] {
  if (kind && status) return ['byKindStatus', `${kind}#${status}#`];
  if (kind) return ['byKind', `${kind}#`];
  if (status) return ['byStatus', `${status}#`];
  return ['visibleId', ''];
}
