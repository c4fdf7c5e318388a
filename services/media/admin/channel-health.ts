import { Inject, Injectable } from '@nestjs/common';
import type { ChannelHealthView } from '#contracts';
import { ALERTS, type Alerts } from '#platform';

/** Whether events reach people and other services by each channel. */
@Injectable()
export class ChannelHealth {
  constructor(@Inject(ALERTS) private readonly alerts: Alerts) {}

  /** Never rejects: a channel that cannot be reached is `down`. */
  async read(): Promise<ChannelHealthView[]> {
    const alerts = await this.alerts.health().catch(() => ({
      state: 'down' as const,
      detail: 'The topic cannot be reached. Alerts are kept and delivered when it is available again.',
    }));
    return [{ name: 'alerts', ...alerts }];
  }
}
