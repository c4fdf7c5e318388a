import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { MediaCounters, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG, retryFor } from '#platform';

/** The room that uploads take of their owner's quota. */
@Injectable()
export class QuotaReservation {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly counters: MediaCounters,
  ) {}

  /** Takes it, exactly and once for each upload. @throws {ProblemError} quota_exceeded, too_many_uploads, unauthenticated when the account was deleted meanwhile */
  async reserve({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    const outcome = await this.counters.reserve(userId, id, sizeBytes, this.config.userQuotaBytes);
    if (outcome === 'too_many') throw new ProblemError('too_many_uploads', { headers: { 'Retry-After': '60' } });
    if (outcome === 'full') throw new ProblemError('quota_exceeded');
    if (outcome === 'account_deleted') throw new ProblemError('unauthenticated');
  }

  /** The upload came to nothing. Never rejects. */
  async free({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    await nowOrLater(() => this.counters.cancel(userId, id, sizeBytes));
  }

  /** The upload became a medium. Never rejects. */
  async settle({ userId, id }: MediaKey): Promise<void> {
    await nowOrLater(() => this.counters.settle(userId, id));
  }
}

/** Where the table is away it is done as soon as it is back; where this process ends before, the sweeper does it a day later. */
async function nowOrLater(work: () => Promise<void>): Promise<void> {
  await work().catch(() => void retryFor(work));
}
