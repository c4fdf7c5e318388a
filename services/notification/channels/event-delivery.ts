import { Injectable } from '@nestjs/common';
import {
  type Announcement,
  channelQueues,
  eventChannels,
  type Channel,
  type EventRef,
  type EventSource,
} from '#contracts';
import { isCanary, parseMediaItem } from '#media';
import { JobQueue, Outbox } from '#platform';
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

/** So long after a failure, fresh events wait in the queue of the channel, and occupy no announcement meanwhile. */
const FAILURE_PAUSE_MS = 10_000;

/** A queue of channels. */
type ChannelQueue = (typeof channelQueues)[Channel];
type Announced = Announcement['events'][number];

/** An event, and the channels that deliver it now. */
interface Found {
  event: DomainEvent;
  open: readonly Channel[];
  context: Parameters<DeliveryChannel['deliver']>[1];
}

/**
 * Delivers the events of the outbox by independent channels: each confirms its own delivery, and what one cannot
 * deliver at once waits in a queue that it shares only with channels of the same dependencies, so that an unavailable
 * channel delays no other. A channel without an adapter does not compile.
 */
@Injectable()
export class EventDelivery {
  private readonly channels: Record<Channel, DeliveryChannel>;
  private readonly pausedUntil: Partial<Record<Channel, number>> = {};

  constructor(
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    inApp: InAppChannel,
    alerts: AlertsChannel,
    mail: MailChannel,
    webhooks: WebhooksChannel,
  ) {
    this.channels = { inApp, alerts, mail, webhooks };
  }

  /** Delivers fresh events by all their channels. Idempotent. @throws {DependencyUnavailableError} to be retried */
  async deliverAnnounced({ source, events }: Announcement, isRepeated: boolean): Promise<void> {
    await Promise.all(
      events.flatMap((announced) =>
        eventChannels[announced.event.type].map((channel) => this.deliverFresh(channel, source, announced, isRepeated)),
      ),
    );
  }

  /**
   * Delivers an event by the channels of a queue. Idempotent: a channel that has confirmed it does not deliver it
   * again.
   */
  async deliver(queue: ChannelQueue, ref: EventRef): Promise<void> {
    const found = await this.read(ref);
    if (!found) return;
    const channels = found.open.filter((channel) => channelQueues[channel] === queue);
    const outcomes = await Promise.allSettled(channels.map((channel) => this.deliverBy(channel, ref.source, found)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Leaves an event that the channel cannot deliver now to the queue of the channel. */
  private async deliverFresh(
    channel: Channel,
    source: EventSource,
    { event, isPushed }: Announced,
    isRepeated: boolean,
  ) {
    const ref = { source, eventId: event.id };
    const isFirst = !isRepeated && Date.now() - Date.parse(event.occurredAt) < FIRST_DELIVERY_MS;
    try {
      if (Date.now() < (this.pausedUntil[channel] ?? 0)) return await this.queue.send(channelQueues[channel], ref);
      const found = isFirst ? firstDelivery(event as unknown as DomainEvent, isPushed) : await this.read(ref);
      if (found?.open.includes(channel)) await this.deliverBy(channel, source, found);
    } catch {
      this.pausedUntil[channel] = Date.now() + FAILURE_PAUSE_MS;
      await this.queue.send(channelQueues[channel], ref); // its job meets the same error, and reports it
    }
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

const firstDelivery = (event: DomainEvent, isPushed: boolean): Found => ({
  event,
  open: eventChannels[event.type],
  context: { isOwnerDeleted: false, isPushed },
});
