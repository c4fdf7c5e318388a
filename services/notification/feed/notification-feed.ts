import { Injectable } from '@nestjs/common';
import type { Notification, PreferenceType } from '#contracts';
import { LiveFeed } from '#platform';
import { PreferencesRepository } from '../preferences/preferences.repository';
import { NotificationsRepository } from './notifications.repository';

/** Adds notifications to the list of a user and pushes them to the open pages, unless the user does not want them. */
@Injectable()
export class NotificationFeed {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly preferences: PreferencesRepository,
    private readonly live: LiveFeed,
  ) {}

  /** Idempotent by the id of the notification. */
  async add(userId: string, notification: Notification, eventId: string): Promise<void> {
    const { [notification.type as PreferenceType]: preference } = await this.preferences.recent(userId);
    if (preference && !preference.inApp) return;
    await this.notifications.create(userId, notification);
    await this.live.push(userId, 'notification', notification, eventId);
  }
}
