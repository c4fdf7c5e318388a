import { Injectable } from '@nestjs/common';
import type { Notification } from '#contracts';
import { deterministicId, LiveFeed } from '#platform';
import { NotificationsRepository } from '../feed/notifications.repository';
import type { WebhookItem } from './webhook.item';

const reasons = {
  gone: 'Its receiver answered 410 Gone, which means that it wants no more messages.',
  failing: 'Nothing could be delivered to it for five days.',
} as const;

/** Notifies the owner that a webhook was disabled. */
@Injectable()
export class WebhookAlarm {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly live: LiveFeed,
  ) {}

  /** Idempotent: one notification for each time that the owner has changed or enabled the webhook. */
  async notify({ userId, id, url, updatedAt }: WebhookItem, reason: keyof typeof reasons): Promise<void> {
    const eventId = `${id}.disabled.${updatedAt}`;
    const now = new Date().toISOString();
    const notification: Notification = {
      id: deterministicId(updatedAt, eventId),
      type: 'webhook.disabled',
      title: `The webhook to ${new URL(url).host} was disabled`,
      body: `${reasons[reason]} Check the receiver, then enable the webhook in your profile.`,
      mediaId: null,
      batchId: null,
      retryable: false,
      read: false,
      createdAt: now,
    };
    await this.notifications.create(userId, notification);
    await this.live.push(userId, 'notification', notification, eventId);
  }
}
