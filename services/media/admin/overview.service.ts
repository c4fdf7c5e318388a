import { Inject, Injectable } from '@nestjs/common';
import type { AdminOverview, ChannelHealthView } from '#contracts';
import { Health } from '#nest';
import { ALERTS, WorkerPresence, type Alerts } from '#platform';
import { QueuesAdminService } from './queues-admin.service';
import { InstallationTotals } from './totals';

/** The state of the whole installation in one answer. */
@Injectable()
export class OverviewService {
  constructor(
    private readonly totals: InstallationTotals,
    private readonly queues: QueuesAdminService,
    private readonly workers: WorkerPresence,
    private readonly health: Health,
    @Inject(ALERTS) private readonly alerts: Alerts,
  ) {}

  async read(): Promise<AdminOverview> {
    const [totals, queues, workers, health, channels] = await Promise.all([
      this.totals.read(),
      this.queues.list(),
      this.workers.count(),
      this.health.readiness(),
      this.channels(),
    ]);
    const waits = queues.map(({ oldestSeconds }) => oldestSeconds).filter((seconds) => seconds !== null);
    const oldestWaitSeconds = waits.length > 0 ? Math.max(...waits) : null;
    return { ...totals, queues, oldestWaitSeconds, workers, health, channels };
  }

  private async channels(): Promise<ChannelHealthView[]> {
    const alerts = await this.alerts.health().catch(() => ({
      state: 'down' as const,
      detail: 'The topic cannot be reached. Alerts are kept and delivered when it is available again.',
    }));
    return [{ name: 'alerts', ...alerts }];
  }
}
