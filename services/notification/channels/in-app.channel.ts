import { Injectable } from '@nestjs/common';
import type { Alert, Notification } from '#contracts';
import { MediaCounters, QueueEstimator, MediaRepository, type MediaEvent } from '#media';
import { deterministicId, LiveFeed, type PendingEvent } from '#platform';
import { welcomeText, mediaText } from '../feed/notification.texts';
import { NotificationsRepository } from '../feed/notifications.repository';

export const isMediaEvent = (event: PendingEvent): event is MediaEvent => event.type.startsWith('media.');

/** The part of an event that its owner sees. */
@Injectable()
export class EventNotifier {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly estimator: QueueEstimator,
    private readonly live: LiveFeed,
  ) {}

  async notify(event: PendingEvent): Promise<void> {
    if (isMediaEvent(event)) return this.notifyOfMedia(event);
    if (event.type === 'user.registered')
      await this.create((event as Alert).userId, event, { ...welcomeText, mediaId: null, batchId: null });
  }

  private async notifyOfMedia(event: MediaEvent): Promise<void> {
    await this.counters.apply(event);
    const item = await this.media.get({ userId: event.userId, id: event.mediaId });
    if (item) await this.live.push(event.userId, 'media', await this.estimator.showOne(item), event.id);
    const text = mediaText(event);
    if (text) await this.create(event.userId, event, { ...text, mediaId: event.mediaId, batchId: event.batchId });
  }

  private async create(
    userId: string,
    event: PendingEvent,
    content: Omit<Notification, 'id' | 'read' | 'createdAt'>,
  ): Promise<void> {
    const notification = {
      id: deterministicId(event.occurredAt, event.id),
      ...content,
      read: false,
      createdAt: event.occurredAt,
    };
    await this.notifications.create(userId, notification);
    await this.live.push(userId, 'notification', notification, event.id);
  }
}
