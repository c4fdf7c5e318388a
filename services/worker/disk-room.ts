import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DiskReserve } from '#platform';

const POLL_MS = 3_000;
const GUARD_INTERVAL_MS = 200;

/** Keeps work from filling the disk that the tables and the queue may share. */
@Injectable()
export class DiskSpace {
  private readonly logger = new Logger(DiskSpace.name);

  constructor(private readonly reserve: DiskReserve) {}

  /** Resolves once the whole reserve is free, or `signal` aborts. To claim and hand back meanwhile would fill the disk further. */
  async waitUntilFree(signal: AbortSignal): Promise<void> {
    for (let looks = 0; !signal.aborted && !(await this.isReserveFree()); looks += 1) {
      if (looks === 0) this.logger.warn('work waits until there is room on the disk');
      await sleep(POLL_MS, undefined, { signal }).catch(() => {}); // rejects only when it is aborted
    }
  }

  /** Whether the whole reserve is free. */
  async isReserveFree(): Promise<boolean> {
    return this.reserve.assertRoomFor().then(
      () => true,
      () => false,
    );
  }

  /** Runs `work` with a signal that also aborts, by a {@link StorageFullError}, when half the reserve is taken. */
  async runGuarded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const full = new AbortController();
    const look = () => this.reserve.assertRoomFor(0, 'work').catch((error: unknown) => full.abort(error));
    const timer = setInterval(() => void look(), GUARD_INTERVAL_MS);
    return work(AbortSignal.any([signal, full.signal])).finally(() => clearInterval(timer));
  }
}
