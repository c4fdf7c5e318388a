import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { MediaCounters, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG, retryInBackground } from '#platform';

/** Reserves quota of the owner for uploads. */
@Injectable()
export class QuotaReservation {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly counters: MediaCounters,
  ) {}

  /**
   * Reserves the bytes of an upload. Idempotent for each upload.
   * @throws {ProblemError} quota_exceeded, too_many_uploads, unauthenticated when the account was deleted meanwhile
   */
  async reserve({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    const outcome = await this.counters.reserve(userId, id, sizeBytes, this.config.userQuotaBytes);
    if (outcome === 'too_many') throw new ProblemError('too_many_uploads', { headers: { 'Retry-After': '60' } });
    if (outcome === 'full') throw new ProblemError('quota_exceeded');
    if (outcome === 'account_deleted') throw new ProblemError('unauthenticated');
  }

  /** Releases the reservation of an upload that did not become a medium. Never rejects. */
  async release({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    await runOrRetryLater(() => this.counters.cancel(userId, id, sizeBytes));
  }

  /** Turns the reservation of an upload that became a medium into used bytes. Never rejects. */
  async settle({ userId, id }: MediaKey): Promise<void> {
    await runOrRetryLater(() => this.counters.settle(userId, id));
  }
}

/**
 * Retries in the background while the table is unavailable; if the process ends before, the sweep does it a day later.
 */
async function runOrRetryLater(work: () => Promise<void>): Promise<void> {
  await work().catch(() => void retryInBackground(work));
}
