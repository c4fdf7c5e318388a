import { Injectable } from '@nestjs/common';
import { ScheduledSweep } from '#nest';
import { Locks, Outbox } from '#platform';
import { ErasureService } from './erasure.service';

const SCHEDULE = { name: 'auth-sweeper', everyMs: 10_000, lockMs: 30_000 };
/** An event or an erasure gets this long before it counts as forgotten. */
const EVENT_AGE_MS = 30_000;
const ERASURE_AGE_MS = 5_000;

/** Sends unconfirmed events of accounts again and goes on with erasures. */
@Injectable()
export class AuthSweeper extends ScheduledSweep {
  constructor(
    locks: Locks,
    private readonly outbox: Outbox,
    private readonly erasure: ErasureService,
  ) {
    super(locks, SCHEDULE);
  }

  async sweep(): Promise<void> {
    await this.outbox.resend('users', ['pk'], EVENT_AGE_MS);
    await this.erasure.resume(new Date(Date.now() - ERASURE_AGE_MS).toISOString());
  }
}
