import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DiskReserve } from '#platform';

const POLL_MS = 3_000;
const GUARD_INTERVAL_MS = 200;

/** Keeps work from filling the disk, which it may share with the tables and the queue. */
@Injectable()
export class DiskSpace {
  private readonly logger = new Logger(DiskSpace.name);

  constructor(private readonly reserve: DiskReserve) {}

  /** Resolves once the whole reserve is free or `signal` aborts: claims and releases would fill the disk further. */
  async waitUntilFree(signal: AbortSignal): Promise<void> {
    for (let checks = 0; !signal.aborted && !(await this.isReserveFree()); checks += 1) {
      if (checks === 0) this.logger.warn('disk full: waiting for free space before processing');
      await sleep(POLL_MS, undefined, { signal }).catch(() => {}); // rejects only when aborted
    }
  }

  /** Whether the whole reserve is free. */
  async isReserveFree(): Promise<boolean> {
    return this.reserve.assertSpaceFor().then(
      () => true,
      () => false,
    );
  }

  /** Runs `work` with a signal that also aborts, with a {@link StorageFullError}, when half the reserve is used. */
  async runGuarded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const full = new AbortController();
    const check = () => this.reserve.assertSpaceFor(0, 'work').catch((error: unknown) => full.abort(error));
    const timer = setInterval(() => void check(), GUARD_INTERVAL_MS);
    return work(AbortSignal.any([signal, full.signal])).finally(() => clearInterval(timer));
  }
}
