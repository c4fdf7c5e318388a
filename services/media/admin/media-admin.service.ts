import { Injectable } from '@nestjs/common';
import type { AdminMediaList, AdminMediaQuery, AdminMedium, AdminRetryRequest, AdminRetryResponse } from '#contracts';
import { MediaDirectory, type MediaItem, type MediaKey } from '#media';
import { AuditLog, decodeCursor, encodeCursor, toProblem, type Actor } from '#nest';
import { Dynamo, isId, userKey } from '#platform';
import { LibraryActions } from '../library/library.actions';

/** How many media one request retries at most: each is a write and a wake-up. */
const MAX_RETRIES = 500;
const BATCH = 100;

/** What an admin sees and retries of the media of all accounts. */
@Injectable()
export class MediaAdminService {
  constructor(
    private readonly directory: MediaDirectory,
    private readonly actions: LibraryActions,
    private readonly dynamo: Dynamo,
    private readonly audit: AuditLog,
  ) {}

  async list({ limit, cursor, ...filter }: AdminMediaQuery): Promise<AdminMediaList> {
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const { items, lastId } = await this.directory.page(limit, filter, before);
    const names = await this.usernames(items);
    return {
      items: items.map((item) => toAdminMedium(item, names.get(item.userId) ?? null)),
      nextCursor: lastId && encodeCursor(lastId),
    };
  }

  /** Retries media for their owners, each by itself; those that cannot be retried are named with the reason. */
  async retry(admin: Actor, { ids, filter = {} }: AdminRetryRequest): Promise<AdminRetryResponse> {
    const [only, ...others] = ids ?? [];
    const target = { kind: 'media' as const, id: others.length === 0 ? (only ?? '') : '', name: nameOf(ids) };
    return this.audit.perform(admin, { action: 'media.retry', target, details: ids ? { ids } : { filter } }, () =>
      ids ? this.retryIds(ids) : this.retryAll(filter),
    );
  }

  private async retryIds(ids: readonly string[]): Promise<AdminRetryResponse> {
    const unique = [...new Set(ids)];
    const keys = await this.directory.keysOf(unique.filter(isId));
    const unknown = unique.filter((id) => !keys.some((key) => key.id === id));
    const { retried, refused } = await this.retryEach(keys);
    return { retried, refused: [...refused, ...unknown.map((id) => ({ id, code: 'not_found' }))], more: false };
  }

  private async retryAll(filter: Omit<AdminMediaQuery, 'limit' | 'cursor'>): Promise<AdminRetryResponse> {
    if (filter.status && filter.status !== 'failed') return { retried: 0, refused: [], more: false };
    const total: AdminRetryResponse = { retried: 0, refused: [], more: true };
    let before: string | undefined;
    while (total.retried + total.refused.length < MAX_RETRIES) {
      const { items, lastId } = await this.directory.page(BATCH, { ...filter, status: 'failed' }, before);
      const { retried, refused } = await this.retryEach(items);
      total.retried += retried;
      total.refused.push(...refused);
      if (!lastId) return { ...total, more: false };
      before = lastId;
    }
    return total;
  }

  private async retryEach(keys: readonly MediaKey[]): Promise<Omit<AdminRetryResponse, 'more'>> {
    const refused: AdminRetryResponse['refused'] = [];
    for (const { userId, id } of keys) {
      await this.actions.retry({ userId, id }).catch((error: unknown) => {
        refused.push({ id, code: toProblem(error).code });
      });
    }
    return { retried: keys.length - refused.length, refused };
  }

  private async usernames(items: readonly MediaItem[]): Promise<Map<string, string>> {
    const keys = [...new Set(items.map(({ userId }) => userId))].map(userKey);
    const users = await this.dynamo.getMany<{ id: string; username: string }>('users', keys);
    return new Map(users.map(({ id, username }) => [id, username]));
  }
}

const nameOf = (ids?: readonly string[]) => (ids ? `${ids.length} media` : 'all failed media of a filter');

function toAdminMedium(item: MediaItem, username: string | null): AdminMedium {
  const { id, userId, title, filename, kind, contentType, sizeBytes, status, progress, round, failure } = item;
  const { createdAt, updatedAt, completedAt } = item;
  return {
    id,
    userId,
    username,
    title,
    filename,
    kind,
    contentType,
    sizeBytes,
    status,
    progress,
    round,
    failure,
    createdAt,
    updatedAt,
    completedAt,
  };
}
