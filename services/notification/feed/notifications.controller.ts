import { Controller } from '@nestjs/common';
import {
  api,
  type ClearAllQuery,
  type NotificationBatchRequest,
  type NotificationList,
  type PageQuery,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ProblemError, ZodBody, ZodQuery, type SessionUser } from '#nest';
import { NotificationsRepository } from './notifications.repository';

@Controller()
export class NotificationsController {
  constructor(private readonly notifications: NotificationsRepository) {}

  @Endpoint(api.notifications.list)
  async list(
    @CurrentUser() user: SessionUser,
    @ZodQuery(api.notifications.list.query) query: PageQuery,
  ): Promise<NotificationList> {
    const before = query.cursor === undefined ? undefined : Buffer.from(query.cursor, 'base64url').toString();
    if (before !== undefined && !/^[0-9A-Z]{26}$/.test(before))
      throw new ProblemError('validation_failed', {
        errors: [{ path: 'cursor', message: 'Send the nextCursor of a list unchanged.' }],
      });
    const [page, unread] = await Promise.all([
      this.notifications.list(user.id, query.limit, before),
      this.notifications.unread(user.id),
    ]);
    return { items: page.items, nextCursor: page.next && Buffer.from(page.next).toString('base64url'), unread };
  }

  @Endpoint(api.notifications.readAll)
  readAll(@CurrentUser() user: SessionUser): Promise<void> {
    return this.notifications.markAllRead(user.id);
  }

  @Endpoint(api.notifications.batch)
  batch(
    @CurrentUser() user: SessionUser,
    @ZodBody(api.notifications.batch.body) { action, ids }: NotificationBatchRequest,
  ): Promise<void> {
    return action === 'read'
      ? this.notifications.markManyRead(user.id, ids)
      : this.notifications.clearMany(user.id, ids);
  }

  @Endpoint(api.notifications.read)
  async read(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    if (!(await this.notifications.markRead(user.id, id))) throw new ProblemError('not_found');
  }

  @Endpoint(api.notifications.clear)
  async clear(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    if (!(await this.notifications.clear(user.id, id))) throw new ProblemError('not_found');
  }

  @Endpoint(api.notifications.clearAll)
  clearAll(
    @CurrentUser() user: SessionUser,
    @ZodQuery(api.notifications.clearAll.query) { until }: ClearAllQuery,
  ): Promise<void> {
    return this.notifications.clearAll(user.id, until);
  }
}
