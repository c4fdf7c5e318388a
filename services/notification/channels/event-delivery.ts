import { Inject, Injectable } from '@nestjs/common';
import { alertTypes, type Alert, type AlertType, type EventRef } from '#contracts';
import { toAlert } from '#media';
import { ALERTS, JobQueue, Outbox, type Alerts, type PendingEvent } from '#platform';
import { EventNotifier, isMediaEvent } from './event-notifier';

/**
 * Consumes domain events, each in two steps so that a topic that is out delays alerts alone: `tell` writes the
 * notification, counts and pushes; `alert` publishes and confirms. Every step may run again and ends in the same place.
 */
@Injectable()
export class DomainEvents {
  constructor(
    private readonly outbox: Outbox,
    private readonly queue: JobQueue,
    private readonly notifier: EventNotifier,
    @Inject(ALERTS) private readonly alerts: Alerts,
  ) {}

  async tell({ source, eventId }: EventRef): Promise<void> {
    const found = await this.outbox.read(source, eventId);
    if (!found) return; // confirmed already
    const { event, isDeleted } = found;
    if (!(source.table === 'users' && isDeleted)) await this.notifier.notify(event); // nobody is left to be told, and what they had is being erased
    if (alertOf(event)) await this.queue.send('alerts', { source, eventId });
    else await this.outbox.confirm(source, eventId);
  }

  async alert({ source, eventId }: EventRef): Promise<void> {
    const found = await this.outbox.read(source, eventId);
    const alert = found && alertOf(found.event);
    if (!alert) return;
    await this.alerts.publish(alert);
    await this.outbox.confirm(source, eventId);
  }
}

/** What subscribers of the topic get; null for events that are none of theirs. */
function alertOf(event: PendingEvent): Alert | null {
  if (isMediaEvent(event)) return toAlert(event);
  return alertTypes.includes(event.type as AlertType)
    ? (({ id, type, occurredAt, userId }) => ({ id, type, occurredAt, userId }))(event as Alert)
    : null;
}
