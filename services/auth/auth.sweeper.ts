import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Locks, Outbox } from '#platform';
import { ErasureService } from './erasure.service';

const EVERY_MS = 10_000;
const LOCK_MS = 30_000;
/** An event or an erasure gets this long before it counts as forgotten. */
const EVENT_AGE_MS = 30_000;
const ERASURE_AGE_MS = 5_000;

/** Picks up what a crash or a lost wake-up left behind. One process at a time does it. */
@Injectable()
export class AuthSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AuthSweeper.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly locks: Locks,
    private readonly outbox: Outbox,
    private readonly erasure: ErasureService,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  async sweep(): Promise<void> {
    await this.locks.tryWith('auth-sweeper', LOCK_MS, async () => {
      await this.outbox.resend('users', ['pk'], EVENT_AGE_MS);
      await this.erasure.resume(new Date(Date.now() - ERASURE_AGE_MS).toISOString());
    });
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.sweep()
        .catch((err: unknown) => this.logger.warn({ err, msg: 'the sweep broke off and is tried again' }))
        .finally(() => this.schedule());
    }, EVERY_MS);
  }
}
