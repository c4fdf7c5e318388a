import { Inject, Injectable } from '@nestjs/common';
import { alertTypes, type Alert, type AlertType, type EventRef, type Notification } from '#contracts';
import { MediaCounters, MediaRepository, toAlert, toMedia, type MediaEvent } from '#media';
import { ALERTS, deterministicId, JobQueue, LiveFeed, Outbox, type Alerts, type PendingEvent } from '#platform';
import { welcomeWords, wordsOfMedia } from '../feed/notification.texts';
import { NotificationsRepository } from '../feed/notifications.repository';

/**
 * Consumes domain events, each in two steps so that a topic that is out delays alerts alone: `tell` writes the
 * notification, counts and pushes; `alert` publishes and confirms. Every step may run again and ends in the same place.
 */
@Injectable()
export class DomainEvents {
  constructor(
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    private readonly teller: EventTeller,
    @Inject(ALERTS) private readonly alerts: Alerts,
  ) {}

  async tell({ source, eventId }: EventRef): Promise<void> {
    const event = await this.outbox.read(source, eventId);
    if (!event) return; // confirmed already
    await this.teller.tell(event);
    if (alertOf(event)) await this.queue.send('alerts', { source, eventId });
    else await this.outbox.confirm(source, eventId);
  }

  async alert({ source, eventId }: EventRef): Promise<void> {
    const event = await this.outbox.read(source, eventId);
    const alert = event && alertOf(event);
    if (!alert) return;
    await this.alerts.publish(alert);
    await this.outbox.confirm(source, eventId);
  }
}

/** The part of an event that its owner sees. */
@Injectable()
export class EventTeller {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly live: LiveFeed,
  ) {}

  async tell(event: PendingEvent): Promise<void> {
    if (isMediaEvent(event)) return this.tellMedia(event);
    if (event.type === 'user.registered') await this.notify((event as Alert).userId, event, { ...welcomeWords, mediaId: null, batchId: null });
  }

  private async tellMedia(event: MediaEvent): Promise<void> {
    await this.counters.apply(event);
    const item = await this.media.get({ userId: event.userId, id: event.mediaId });
    if (item) await this.live.push(event.userId, 'media', toMedia(item), event.id);
    const words = wordsOfMedia(event);
    if (words) await this.notify(event.userId, event, { ...words, mediaId: event.mediaId, batchId: event.batchId });
  }

  private async notify(userId: string, event: PendingEvent, content: Omit<Notification, 'id' | 'read' | 'createdAt'>): Promise<void> {
    const notification = { id: deterministicId(event.occurredAt, event.id), ...content, read: false, createdAt: event.occurredAt };
    await this.notifications.create(userId, notification);
    await this.live.push(userId, 'notification', notification, event.id);
  }
}

const isMediaEvent = (event: PendingEvent): event is MediaEvent => event.type.startsWith('media.');

/** What subscribers of the topic get; null for events that are none of theirs. */
function alertOf(event: PendingEvent): Alert | null {
  if (isMediaEvent(event)) return toAlert(event);
  return alertTypes.includes(event.type as AlertType) ? (({ id, type, occurredAt, userId }) => ({ id, type, occurredAt, userId }))(event as Alert) : null;
}
