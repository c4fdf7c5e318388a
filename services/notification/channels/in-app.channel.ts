import { Injectable } from '@nestjs/common';
import { MediaAnnouncer, MediaProjections, MediaRepository, type AnalysedEvent, type MediaEvent } from '#media';
import { deterministicId } from '#platform';
import { NotificationFeed } from '../feed/notification-feed';
import { isMediaEvent, type DeliveryChannel, type DomainEvent } from './channel';
import { notificationText } from './in-app.texts';

/** Counts an event, writes the notification of its owner, and pushes both to the open pages. */
@Injectable()
export class InAppChannel implements DeliveryChannel {
  constructor(
    private readonly feed: NotificationFeed,
    private readonly media: MediaRepository,
    private readonly projections: MediaProjections,
    private readonly announcer: MediaAnnouncer,
  ) {}

  async deliver(
    event: DomainEvent,
    { isOwnerDeleted, isPushed }: Parameters<DeliveryChannel['deliver']>[1],
  ): Promise<void> {
    if (isOwnerDeleted) return;
    if (isMediaEvent(event)) await this.update(event, isPushed);
    const text = notificationText(event);
    if (!text) return;
    const { mediaId, batchId } = isMediaEvent(event) ? event : { mediaId: null, batchId: null };
    const notification = {
      id: deterministicId(event.occurredAt, event.id),
      ...text,
      mediaId,
      batchId,
      read: false,
      createdAt: event.occurredAt,
    };
    await this.feed.add(event.userId, notification, event.id);
  }

  /** Updates the counts, and the medium on the open pages. */
  private async update(event: MediaEvent | AnalysedEvent, isPushed = false): Promise<void> {
    if (event.type !== 'media.analysed') await this.projections.apply(event);
    if (isPushed) return;
    const item = await this.media.getEvenDeleted({ userId: event.userId, id: event.mediaId });
    if (item) await this.announcer.push(item, event);
  }
}
