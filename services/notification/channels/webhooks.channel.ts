import { Injectable } from '@nestjs/common';
import type { EventType, PreferenceType } from '#contracts';
import { toAlert } from '#media';
import { deterministicId, JobQueue } from '#platform';
import { PreferencesRepository } from '../preferences/preferences.repository';
import { DeliveriesRepository } from '../webhooks/deliveries.repository';
import { WebhooksRepository } from '../webhooks/webhooks.repository';
import { isMediaEvent, type DeliveryChannel, type DomainEvent } from './channel';

/**
 * Stores a delivery for each webhook of the owner that receives the event. The deliveries are attempted apart from the
 * outbox, for a day.
 */
@Injectable()
export class WebhooksChannel implements DeliveryChannel {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly queue: JobQueue,
    private readonly preferences: PreferencesRepository,
  ) {}

  async deliver(event: DomainEvent): Promise<void> {
    const alert = isMediaEvent(event) ? toAlert(event) : null;
    if (!alert) return;
    const { id: messageId, type, occurredAt, userId, ...subject } = alert;
    const webhooks = await this.webhooks.enabledOf(userId);
    if (webhooks.length === 0 || !(await this.isWanted(userId, type))) return;
    for (const { id: webhookId, events } of webhooks) {
      const subscribed = events.find((each) => each === type);
      if (!subscribed) continue;
      const body = JSON.stringify({ type, timestamp: occurredAt, data: { userId, ...subject } });
      const deliveryId = deterministicId(occurredAt, `${webhookId}.${messageId}`);
      const message = { messageId, type: subscribed, body };
      const { id } = await this.deliveries.create(userId, webhookId, deliveryId, message);
      await this.queue.sendSoon('webhookDeliveries', { userId, id });
    }
  }

  /** Types without a preference are always delivered. */
  private async isWanted(userId: string, type: EventType): Promise<boolean> {
    const { [type as PreferenceType]: preference } = await this.preferences.recent(userId);
    return !preference || preference.webhook;
  }
}
