import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DependencyUnavailableError, Locks } from '#platform';

export interface SweepSchedule {
  /** The lock's name: one process at a time sweeps, whichever it is. */
  name: string;
  everyMs: number;
  /** How long the lock outlives a holder that died. */
  lockMs: number;
}

/** Work that a service does again and again to pick up what crashes and lost wake-ups left behind. */
export abstract class ScheduledSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(
    protected readonly locks: Locks,
    private readonly schedule: SweepSchedule,
  ) {}

  /** One round over everything that is due. */
  abstract sweep(): Promise<void>;

  onApplicationBootstrap(): void {
    this.next();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.locks
        .tryWith(this.schedule.name, this.schedule.lockMs, () => this.sweep())
        .catch((err: unknown) => this.logger[err instanceof DependencyUnavailableError ? 'warn' : 'error']({ err, msg: 'the sweep broke off and is tried again' }))
        .finally(() => this.next());
    }, this.schedule.everyMs);
  }
}
