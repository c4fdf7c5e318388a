import type { AdminMediaFilter } from '#contracts';
import { collectPage, Directory, type Dynamo, type DirectoryPage } from '#platform';
import { parseMediaItem, type MediaEvent, type MediaItem, type MediaKey } from '../media.item';
import type { MediaLists } from './media.lists';

interface FailedFields {
  userId: string;
  code: string;
  /** ISO time of the failure. */
  failedAt: string;
}

/**
 * Finds media across users, for admins: a row for each medium, and another while it is failed. They are written when
 * events are delivered, so that no upload waits for them: one write unit for a medium, one for a failure, and one when
 * either ends. Rows are hints: what they name is read and compared, because events may arrive in any order.
 */
export class MediaDirectory {
  private readonly media: Directory<{ userId: string }>;
  private readonly failed: Directory<FailedFields>;

  constructor(
    private readonly dynamo: Dynamo,
    private readonly lists: MediaLists,
  ) {
    this.media = new Directory(dynamo, 'media');
    this.failed = new Directory(dynamo, 'failed');
  }

  /** Idempotent, in any order of events. */
  async apply({ type, from, mediaId, userId, failure, occurredAt }: MediaEvent): Promise<void> {
    if (type === 'media.deleted') return this.remove(mediaId, from === 'failed');
    if (type === 'media.uploaded' && from === null) return this.media.add(mediaId, { userId });
    if (type === 'media.uploaded') return this.failed.remove(mediaId);
    if (type === 'media.failed' && failure)
      return this.failed.add(mediaId, { userId, code: failure.code, failedAt: occurredAt });
  }

  /** Removes a medium that is deleted. Idempotent. */
  async remove(id: string, mayBeFailed = true): Promise<void> {
    await Promise.all([this.media.remove(id), ...(mayBeFailed ? [this.failed.remove(id)] : [])]);
  }

  /** Returns the owners of those of the given media that exist, in no order. */
  async keysOf(ids: readonly string[]): Promise<MediaKey[]> {
    return (await this.media.among(ids)).map(({ id, userId }) => ({ id, userId }));
  }

  /** Returns a page of the media that match a filter, newest first. */
  page(limit: number, filter: AdminMediaFilter, before?: string): Promise<DirectoryPage<MediaItem>> {
    const { status, kind, userId, code } = filter;
    const readPage = userId
      ? async (size: number, from?: string) => {
          const { items, nextId } = await this.lists.page(userId, { kind, status, order: 'desc', limit: size }, from);
          return { items, lastId: nextId };
        }
      : (size: number, from?: string) => this.read(code || status === 'failed' ? this.failed : this.media, size, from);
    return collectPage({ limit, before }, readPage, matcher(filter));
  }

  /** Yields owner, code and time of the media that are failed, those that were uploaded last first. */
  allFailed(): AsyncGenerator<FailedFields & { id: string }> {
    return this.failed.all();
  }

  /** Enters media that are older than the directory. */
  async complete(signal?: AbortSignal): Promise<void> {
    for await (const row of this.dynamo.scan('media')) {
      signal?.throwIfAborted();
      if (typeof row.status !== 'string' || row.deletedAt) continue; // a row beside the media, or a deleted one
      const { id, userId, failure, updatedAt } = parseMediaItem(row);
      await this.media.add(id, { userId });
      if (failure) await this.failed.add(id, { userId, code: failure.code, failedAt: updatedAt });
    }
  }

  private async read(
    list: Directory<{ userId: string }> | Directory<FailedFields>,
    limit: number,
    before?: string,
  ): Promise<DirectoryPage<MediaItem>> {
    const { items: entries, lastId } = await list.page(limit, before);
    const keys = entries.map(({ id, userId }) => ({ userId, id }));
    const items = (await this.dynamo.getMany('media', keys)).map(parseMediaItem).filter(({ deletedAt }) => !deletedAt);
    return { items: items.toSorted((a, b) => (a.id < b.id ? 1 : -1)), lastId };
  }
}

function matcher({ status, code, kind, q = '' }: AdminMediaFilter): (item: MediaItem) => boolean {
  const text = q.toLowerCase();
  return (item) =>
    (!status || item.status === status) &&
    (!code || item.failure?.code === code) &&
    (!kind || item.kind === kind) &&
    (item.title.toLowerCase().includes(text) || item.filename.toLowerCase().includes(text));
}
