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
export abstract class ScheduledJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private readonly stop = new AbortController();

  constructor(
    protected readonly locks: Locks,
    private readonly schedule: SweepSchedule,
  ) {}

  /** One round over everything that is due. Ends early, between two things, when `signal` says so: the process stops, or the lock was lost. */
  abstract sweep(signal?: AbortSignal): Promise<void>;

  onApplicationBootstrap(): void {
    this.next();
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    if (this.stop.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.locks
        .tryWith(this.schedule.name, this.schedule.lockMs, (lost) =>
          this.sweep(AbortSignal.any([lost, this.stop.signal])),
        )
        .catch((err: unknown) =>
          this.logger[err instanceof DependencyUnavailableError ? 'warn' : 'error']({
            err,
            msg: 'the sweep broke off and is tried again',
          }),
        )
        .finally(() => this.next());
    }, this.schedule.everyMs);
  }
}
