import { Injectable } from '@nestjs/common';
import type { Alert, Notification } from '#contracts';
import { MediaCounters, MediaOutlook, MediaRepository, type MediaEvent } from '#media';
import { deterministicId, LiveFeed, type PendingEvent } from '#platform';
import { welcomeWords, wordsOfMedia } from '../feed/notification.texts';
import { NotificationsRepository } from '../feed/notifications.repository';

export const isMediaEvent = (event: PendingEvent): event is MediaEvent => event.type.startsWith('media.');

/** The part of an event that its owner sees. */
@Injectable()
export class EventTeller {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly outlook: MediaOutlook,
    private readonly live: LiveFeed,
  ) {}

  async tell(event: PendingEvent): Promise<void> {
    if (isMediaEvent(event)) return this.tellMedia(event);
    if (event.type === 'user.registered') await this.notify((event as Alert).userId, event, { ...welcomeWords, mediaId: null, batchId: null });
  }

  private async tellMedia(event: MediaEvent): Promise<void> {
    await this.counters.apply(event);
    const item = await this.media.get({ userId: event.userId, id: event.mediaId });
    if (item) await this.live.push(event.userId, 'media', await this.outlook.showOne(item), event.id);
    const words = wordsOfMedia(event);
    if (words) await this.notify(event.userId, event, { ...words, mediaId: event.mediaId, batchId: event.batchId });
  }

  private async notify(userId: string, event: PendingEvent, content: Omit<Notification, 'id' | 'read' | 'createdAt'>): Promise<void> {
    const notification = { id: deterministicId(event.occurredAt, event.id), ...content, read: false, createdAt: event.occurredAt };
    await this.notifications.create(userId, notification);
    await this.live.push(userId, 'notification', notification, event.id);
  }
}
