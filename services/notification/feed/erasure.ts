import { Injectable } from '@nestjs/common';
import { JobQueue, LiveFeed } from '#platform';
import { NotificationsRepository } from './notifications.repository';

/** Erases everything the notification service keeps of a deleted account, and reports how much it was. Repeatable. */
@Injectable()
export class NotificationErasure {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly live: LiveFeed,
    private readonly queue: JobQueue,
  ) {}

  async erase(userId: string): Promise<void> {
    const report = { userId, service: 'notification' as const, counts: { notifications: await this.notifications.count(userId) } };
    await this.queue.send('erased', { ...report, done: false });
    await this.notifications.erase(userId);
    await this.live.forget(userId);
    await this.queue.send('erased', { ...report, done: true });
  }
}
