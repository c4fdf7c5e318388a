import { Injectable } from '@nestjs/common';
import { ScheduledJob } from '#nest';
import { Dynamo, Locks } from '#platform';

const SCHEDULE = { name: 'sweep:notifications', everyMs: 10 * 60_000, lockMs: 60_000 };
const PERIOD_MS = 23 * 3_600_000;

/** Once a day, in one process: erases cleared notifications whose event cannot be delivered again any more. */
@Injectable()
export class NotificationSweep extends ScheduledJob {
  constructor(
    locks: Locks,
    private readonly dynamo: Dynamo,
  ) {
    super(locks, SCHEDULE);
  }

  sweep(signal?: AbortSignal): Promise<void> {
    return this.locks.oncePer(SCHEDULE.name, PERIOD_MS, () => this.sweepAll(new Date(), signal));
  }

  async sweepAll(now = new Date(), signal?: AbortSignal): Promise<void> {
    for await (const _ of this.dynamo.sweepExpired('notifications', now)) signal?.throwIfAborted();
  }
}
