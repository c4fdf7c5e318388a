import { Injectable } from '@nestjs/common';
import type { AdminOverview } from '#contracts';
import { CanaryLog, Health } from '#nest';
import { ChannelHealth } from './channel-health';
import { QueuesAdminService } from './queues-admin.service';
import { InstallationTotals } from './totals';

/** The state of the whole installation in one answer. */
@Injectable()
export class OverviewService {
  constructor(
    private readonly totals: InstallationTotals,
    private readonly queues: QueuesAdminService,
    private readonly health: Health,
    private readonly canary: CanaryLog,
    private readonly channels: ChannelHealth,
  ) {}

  /** @throws {DependencyUnavailableError} */
  async read(): Promise<AdminOverview> {
    const [totals, queues, workers, health, canary, channels] = await Promise.all([
      this.totals.read(),
      this.queues.list(),
      this.queues.countWorkers(),
      this.health.readiness(),
      this.canary.read(),
      this.channels.read(),
    ]);
    const waits = queues.map(({ oldestSeconds }) => oldestSeconds).filter((seconds) => seconds !== null);
    const oldestWaitSeconds = waits.length > 0 ? Math.max(...waits) : null;
    return { ...totals, queues, oldestWaitSeconds, workers, health, canary, channels };
  }
}
