import { Injectable } from '@nestjs/common';
import type { Channel, EventRef, EventSource } from '#contracts';
import { parseMediaItem } from '#media';
import { Outbox } from '#platform';
import { AlertsChannel } from './alerts.channel';
import type { DeliveryChannel, DomainEvent } from './channel';
import { InAppChannel } from './in-app.channel';
import { MailChannel } from './mail.channel';

/**
 * A job that is older may be a copy, of a job that a worker sent before it crashed or of one that Redis has restored:
 * it is read whether the channel has confirmed its event. Less than the lease of a worker, and than the time for which
 * the counters remember an event.
 */
const FIRST_DELIVERY_MS = 10_000;

/**
 * Delivers the events of the outbox by independent channels: each has a queue of its own and confirms its own delivery,
 * so that an unavailable channel delays no other. A channel without an adapter does not compile.
 */
@Injectable()
export class EventDelivery {
  private readonly channels: Record<Channel, DeliveryChannel>;

  constructor(
    private readonly outbox: Outbox,
    inApp: InAppChannel,
    alerts: AlertsChannel,
    mail: MailChannel,
  ) {
    this.channels = { inApp, alerts, mail };
  }

  /** Idempotent: an event that the channel has confirmed is not delivered again. */
  async deliver(channel: Channel, { source, eventId, event, isPushed }: EventRef, isRepeated: boolean): Promise<void> {
    const isFirst = !isRepeated && event !== undefined && Date.now() - Date.parse(event.occurredAt) < FIRST_DELIVERY_MS;
    const found =
      isFirst && source.table === 'media'
        ? { event: event as unknown as DomainEvent, context: { isOwnerDeleted: false, isPushed } }
        : await this.read(channel, source, eventId);
    if (!found) return;
    await this.channels[channel].deliver(found.event, found.context);
    await this.outbox.confirm(source, found.event, channel);
  }

  /** @returns null when the channel has confirmed it */
  private async read(channel: Channel, source: EventSource, eventId: string) {
    const entry = await this.outbox.read(source, eventId);
    if (!entry?.open.includes(channel)) return null;
    const isOfMedium = source.table === 'media';
    const event = isOfMedium ? parseMediaItem(entry.item).pending[eventId] : entry.event;
    return { event: event as DomainEvent, context: { isOwnerDeleted: !isOfMedium && entry.isDeleted } };
  }
}
