import { Injectable } from '@nestjs/common';
import type { Notification } from '#contracts';
import { all, atMost, Dynamo, equals, exists, missing, rowParser } from '#platform';

/** A row of the table. It has `visibleId` until it is cleared, and `unreadId` until it is read or cleared. */
interface NotificationItem extends Notification {
  schemaVersion: 2;
  userId: string;
  visibleId?: string;
  unreadId?: string;
  clearedAt?: string;
  /** Epoch seconds, for the table's time to live. */
  expiresAt?: number;
}

/** Version 1 began without `retryable`. */
const parse = rowParser<NotificationItem>([(row) => ({ retryable: false, ...row })]);

/** A cleared row is kept this long, so that a late redelivery of its event cannot create it again. */
const CLEARED_SECONDS = 30 * 86_400;
const CONCURRENCY = 16;

@Injectable()
export class NotificationsRepository {
  constructor(private readonly dynamo: Dynamo) {}

  /** Idempotent: a repeated call changes nothing, also when the notification was read or cleared since. */
  async create(userId: string, notification: Notification): Promise<void> {
    const { id } = notification;
    await this.dynamo.put(
      'notifications',
      { ...notification, schemaVersion: 2, userId, visibleId: id, unreadId: id },
      missing('id'),
    );
  }

  async list(userId: string, limit: number, before?: string): Promise<{ items: Notification[]; next: string | null }> {
    const after = before && { userId, id: before, visibleId: before };
    const page = await this.dynamo.query('notifications', {
      index: 'visibleId',
      where: equals('userId', userId),
      descending: true,
      limit,
      ...(after && { after }),
    });
    return { items: page.items.map((row) => toNotification(parse(row))), next: page.next?.id ?? null };
  }

  async unread(userId: string): Promise<number> {
    return this.dynamo.count('notifications', { index: 'unreadId', where: equals('userId', userId) });
  }

  /** @returns false when there is none. */
  async markRead(userId: string, id: string): Promise<boolean> {
    const change = { set: [['read', true] as const], remove: ['unreadId'], when: exists('visibleId') };
    return (await this.dynamo.update('notifications', { userId, id }, change)) !== null;
  }

  /** @returns false when there is none. */
  async clear(userId: string, id: string): Promise<boolean> {
    const now = Date.now();
    const set = [
      ['clearedAt', new Date(now).toISOString()] as const,
      ['expiresAt', Math.floor(now / 1_000) + CLEARED_SECONDS] as const,
    ];
    return (
      (await this.dynamo.update(
        'notifications',
        { userId, id },
        { set, remove: ['visibleId', 'unreadId'], when: exists('visibleId') },
      )) !== null
    );
  }

  async markManyRead(userId: string, ids: readonly string[]): Promise<void> {
    await forEach(ids, (id) => this.markRead(userId, id));
  }

  async clearMany(userId: string, ids: readonly string[]): Promise<void> {
    await forEach(ids, (id) => this.clear(userId, id));
  }

  async markAllRead(userId: string): Promise<void> {
    await this.markManyRead(userId, await this.idsIn('unreadId', userId));
  }

  /** Clears all, or those up to and including the id `until`: later ones have not been shown to the user. */
  async clearAll(userId: string, until?: string): Promise<void> {
    await this.clearMany(userId, await this.idsIn('visibleId', userId, until));
  }

  /** Counts the notifications of a user, including cleared ones. */
  async count(userId: string): Promise<number> {
    return this.dynamo.count('notifications', { where: equals('userId', userId) });
  }

  /** Erases the notifications of a user, including cleared ones. Idempotent. */
  async erase(userId: string): Promise<void> {
    const keys: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const { id } of this.dynamo.queryAll<{ id: string }>('notifications', {
      where: equals('userId', userId),
      project: ['id'],
    }))
      keys.push({ delete: { userId, id } });
    await this.dynamo.writeMany('notifications', keys);
  }

  private async idsIn(index: 'visibleId' | 'unreadId', userId: string, until?: string): Promise<string[]> {
    const owner = equals('userId', userId);
    const where = until === undefined ? owner : all(owner, atMost(index, until));
    const ids: string[] = [];
    for await (const row of this.dynamo.queryAll<{ id: string }>('notifications', { index, where, project: ['id'] }))
      ids.push(row.id);
    return ids;
  }
}

async function forEach(ids: readonly string[], change: (id: string) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < ids.length; from += CONCURRENCY)
    await Promise.all(ids.slice(from, from + CONCURRENCY).map(change));
}

function toNotification({
  id,
  type,
  title,
  body,
  mediaId,
  batchId,
  retryable,
  read,
  createdAt,
}: NotificationItem): Notification {
  return { id, type, title, body, mediaId, batchId, retryable, read, createdAt };
}
