import { Injectable } from '@nestjs/common';
import { ScheduledJob } from '#nest';
import { Locks, Outbox } from '#platform';
import { UserDirectory } from './admin/user-directory';
import { ErasureService } from './erasure.service';
import { Reservations } from './reservations';

const SCHEDULE = { name: 'auth-sweeper', everyMs: 10_000, lockMs: 30_000 };
/** The sweep resumes events and erasures that are older than this. */
const EVENT_AGE_MS = 30_000;
const ERASURE_AGE_MS = 5_000;
const RESERVATION_SWEEP_MS = 23 * 3_600_000;
/** Accounts that are older than the directory enter it once; never expires in practice. */
const ONCE_MS = 10 * 365 * 86_400_000;

/** Resends unconfirmed events of accounts, resumes erasures, and once a day deletes abandoned reservations of names. */
@Injectable()
export class AuthSweeper extends ScheduledJob {
  constructor(
    locks: Locks,
    private readonly outbox: Outbox,
    private readonly erasure: ErasureService,
    private readonly reservations: Reservations,
    private readonly directory: UserDirectory,
  ) {
    super(locks, SCHEDULE);
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    await this.locks.noticingLoss(SCHEDULE.name, async (isLost) => {
      await this.outbox.resend('users', ['pk'], isLost ? 0 : EVENT_AGE_MS, signal);
    });
    await this.erasure.resume(new Date(Date.now() - ERASURE_AGE_MS).toISOString(), signal);
    await this.locks.oncePer('auth-reservations', RESERVATION_SWEEP_MS, () =>
      this.reservations.sweep(new Date(), signal),
    );
    await this.locks.oncePer('user-directory', ONCE_MS, () => this.directory.complete(signal));
  }
}
