import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DependencyUnavailableError, Locks } from '#platform';

export interface SweepSchedule {
  /** Name of the lock: one process at a time sweeps. */
  name: string;
  everyMs: number;
  /** TTL of the lock: how long it outlives a holder that crashed. */
  lockMs: number;
}

/** A periodic sweep, which recovers work left over by crashes and lost wake-ups. Runs in one process at a time. */
export abstract class ScheduledJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private readonly stop = new AbortController();

  constructor(
    protected readonly locks: Locks,
    private readonly schedule: SweepSchedule,
  ) {}

  /** Handles everything that is due. Returns early between two items when `signal` aborts (shutdown, or lock lost). */
  abstract sweep(signal?: AbortSignal): Promise<void>;

  onApplicationBootstrap(): void {
    this.scheduleNext();
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private scheduleNext(): void {
    if (this.stop.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.locks
        .tryWith(this.schedule.name, this.schedule.lockMs, (lost) =>
          this.sweep(AbortSignal.any([lost, this.stop.signal])),
        )
        .catch((err: unknown) =>
          this.logger[err instanceof DependencyUnavailableError ? 'warn' : 'error']({
            err,
            msg: 'sweep failed and will be retried',
          }),
        )
        .finally(() => this.scheduleNext());
    }, this.schedule.everyMs);
  }
}
