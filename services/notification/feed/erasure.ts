import { Injectable } from '@nestjs/common';
import type { EraseOwned } from '#contracts';
import { JobQueue, LiveFeed } from '#platform';
import { MailBook } from '../mail/mail-book';
import { WebhooksRepository } from '../webhooks/webhooks.repository';
import { NotificationsRepository } from './notifications.repository';

/** Erases the data that the notification service holds of a deleted account, and reports the counts. Idempotent. */
@Injectable()
export class NotificationErasure {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly mails: MailBook,
    private readonly webhooks: WebhooksRepository,
    private readonly live: LiveFeed,
    private readonly queue: JobQueue,
  ) {}

  /** Erases nothing before the counts are confirmed. */
  async erase({ userId, counted, final }: EraseOwned): Promise<void> {
    if (!counted && !final) return this.report(userId, await this.count(userId), false);
    await this.webhooks.erase(userId);
    await this.notifications.erase(userId);
    await this.mails.erase(userId);
    await this.live.forget(userId);
    await this.report(userId, {}, true);
  }

  private async count(userId: string): Promise<Record<string, number>> {
    const [notifications, webhooks] = await Promise.all([
      this.notifications.count(userId),
      this.webhooks.count(userId),
    ]);
    return { notifications, webhooks };
  }

  private async report(userId: string, counts: Record<string, number>, done: boolean): Promise<void> {
    await this.queue.send('erased', { userId, service: 'notification', counts, done });
  }
}
