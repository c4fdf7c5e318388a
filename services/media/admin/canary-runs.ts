import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import type { CanaryView } from '#contracts';
import { AuditLog, CANARY_RUN_MS, CanaryLog, ScheduledJob, type Actor } from '#nest';
import { CONFIG, Locks } from '#platform';
import { Canary } from './canary';

const SCHEDULE = { name: 'canary', everyMs: 10_000, lockMs: 15_000 };
const MINUTE_MS = 60_000;

/** Runs the canary every `CANARY_MINUTES`, and when an admin asks for it: one run at a time over all processes. */
@Injectable()
export class CanaryRuns extends ScheduledJob {
  private readonly stopping = new AbortController();
  private requested: Promise<unknown> = Promise.resolve();

  constructor(
    locks: Locks,
    private readonly canary: Canary,
    private readonly log: CanaryLog,
    private readonly audit: AuditLog,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(locks, SCHEDULE);
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    const { canaryMinutes } = this.config;
    if (canaryMinutes === 0) return;
    // a little less than the period, which the interval of the sweep would otherwise lengthen
    const periodMs = canaryMinutes * MINUTE_MS - SCHEDULE.everyMs / 2;
    await this.locks.oncePer('canary', periodMs, async () => void (await this.canary.run(signal)));
  }

  /** Starts a run, unless one is under way. It continues after the response. */
  async start(admin: Actor): Promise<CanaryView> {
    const target = { kind: 'server' as const, id: 'canary', name: 'canary' };
    return this.audit.perform(admin, { action: 'canary.run', target }, async () => {
      const view = await this.log.read();
      if (view.running) return view;
      this.requested = this.locks
        .tryWith(SCHEDULE.name, CANARY_RUN_MS, async (lost) => {
          await this.canary.run(AbortSignal.any([lost, this.stopping.signal]));
        })
        .catch(() => {}); // what fails is in the log of the canary, or the table is unavailable
      return { ...view, running: true };
    });
  }

  override async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([super.onModuleDestroy(), this.requested]);
  }
}
