import { Injectable } from '@nestjs/common';
import { channelQueues, eventChannels, type Channel, type EventRef, type EventSource } from '#contracts';
import { isCanary, parseMediaItem } from '#media';
import { Outbox } from '#platform';
import { AlertsChannel } from './alerts.channel';
import type { DeliveryChannel, DomainEvent } from './channel';
import { InAppChannel } from './in-app.channel';
import { MailChannel } from './mail.channel';
import { WebhooksChannel } from './webhooks.channel';

/**
 * A job that is older may be a copy, of a job that a worker sent before it crashed or of one that Redis has restored:
 * it is read whether the channel has confirmed its event. Less than the lease of a worker, and than the time for which
 * the counters remember an event.
 */
const FIRST_DELIVERY_MS = 10_000;

/** A queue of channels. */
type ChannelQueue = (typeof channelQueues)[Channel];

/** An event, and the channels that deliver it now. */
interface Found {
  event: DomainEvent;
  open: readonly Channel[];
  context: Parameters<DeliveryChannel['deliver']>[1];
}

/**
 * Delivers the events of the outbox by independent channels: each confirms its own delivery, and those with different
 * dependencies have queues of their own, so that an unavailable channel delays no other. A channel without an adapter
 * does not compile.
 */
@Injectable()
export class EventDelivery {
  private readonly channels: Record<Channel, DeliveryChannel>;

  constructor(
    private readonly outbox: Outbox,
    inApp: InAppChannel,
    alerts: AlertsChannel,
    mail: MailChannel,
    webhooks: WebhooksChannel,
  ) {
    this.channels = { inApp, alerts, mail, webhooks };
  }

  /**
   * Delivers an event by the channels of a queue. Idempotent: a channel that has confirmed it does not deliver it
   * again.
   */
  async deliver(queue: ChannelQueue, ref: EventRef, isRepeated: boolean): Promise<void> {
    const { source, event, isPushed } = ref;
    const isFirst = !isRepeated && event !== undefined && Date.now() - Date.parse(event.occurredAt) < FIRST_DELIVERY_MS;
    const found =
      isFirst && source.table === 'media'
        ? firstDelivery(event as unknown as DomainEvent, isPushed)
        : await this.read(ref);
    if (!found) return;
    const channels = found.open.filter((channel) => channelQueues[channel] === queue);
    const outcomes = await Promise.allSettled(channels.map((channel) => this.deliverBy(channel, source, found)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async deliverBy(channel: Channel, source: EventSource, { event, context }: Found): Promise<void> {
    if (!isCanary(event.userId)) await this.channels[channel].deliver(event, context);
    await this.outbox.confirm(source, event, channel);
  }

  /** @returns null when every channel has confirmed it */
  private async read({ source, eventId }: EventRef): Promise<Found | null> {
    const entry = await this.outbox.read(source, eventId);
    if (!entry) return null;
    const isOfMedium = source.table === 'media';
    const event = isOfMedium ? parseMediaItem(entry.item).pending[eventId] : entry.event;
    return {
      event: event as DomainEvent,
      open: entry.open,
      context: { isOwnerDeleted: !isOfMedium && entry.isDeleted },
    };
  }
}

const firstDelivery = (event: DomainEvent, isPushed: boolean | undefined): Found => ({
  event,
  open: eventChannels[event.type],
  context: { isOwnerDeleted: false, isPushed },
});
