import { Inject, Injectable } from '@nestjs/common';
import type { EventTypeOf, UserEvent } from '#contracts';
import { toAlert } from '#media';
import { ALERTS, type Alerts } from '#platform';
import { isMediaEvent, type DeliveryChannel, type DomainEvent } from './channel';

/** Publishes events to the alerts topic: SNS, or a file in local mode. */
@Injectable()
export class AlertsChannel implements DeliveryChannel {
  constructor(@Inject(ALERTS) private readonly alerts: Alerts) {}

  async deliver(event: DomainEvent): Promise<void> {
    if (!isMediaEvent(event)) {
      const { id, type, occurredAt, userId } = event as UserEvent & { type: EventTypeOf<'alerts'> };
      return this.alerts.publish({ id, type, occurredAt, userId });
    }
    const alert = toAlert(event);
    if (alert) await this.alerts.publish(alert);
  }
}
