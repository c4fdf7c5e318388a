import { Injectable } from '@nestjs/common';
import type { Channel, EventRef } from '#contracts';
import { parseMediaItem } from '#media';
import { Outbox } from '#platform';
import { AlertsChannel } from './alerts.channel';
import type { DeliveryChannel, DomainEvent } from './channel';
import { InAppChannel } from './in-app.channel';

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
  ) {
    this.channels = { inApp, alerts };
  }

  /** Idempotent: an event that the channel has confirmed is not delivered again. */
  async deliver(channel: Channel, { source, eventId }: EventRef): Promise<void> {
    const entry = await this.outbox.read(source, eventId);
    if (!entry?.open.includes(channel)) return;
    const isOwnerDeleted = source.table === 'users' && entry.isDeleted;
    const event = source.table === 'media' ? parseMediaItem(entry.item).pending[eventId] : entry.event;
    await this.channels[channel].deliver(event as DomainEvent, { isOwnerDeleted });
    await this.outbox.confirm(entry, channel);
  }
}
