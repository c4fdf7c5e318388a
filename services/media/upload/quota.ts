import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { MediaCounters, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG, retryInBackground } from '#platform';
import type { SizeEstimate } from './multipart';

/** How far the reservation of a body of unknown length may be ahead of its bytes: each step is a write. */
const MAX_STEP_BYTES = 16 * 1024 ** 2;

/** Uploads that have just ended may still hold their reservations for a moment: their user may repeat them at once. */
const RELEASE_TRIES = 4;
const RELEASE_MS = 500;

/** Reserves quota of the owner for uploads. */
@Injectable()
export class QuotaReservation {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly counters: MediaCounters,
  ) {}

  /**
   * Reserves the bytes of an upload, or changes its reservation to them. Idempotent for each upload.
   * @throws {ProblemError} quota_exceeded, too_many_uploads, unauthenticated when the account was deleted meanwhile
   */
  async reserve(key: MediaKey, sizeBytes: number, isBrief = false): Promise<void> {
    if ((await this.attempt(key, sizeBytes, { isBrief })) !== 'reserved') throw new ProblemError('quota_exceeded');
  }

  /**
   * Reserves the bytes of a file before they are taken. Returns a stream that passes them through, and reserves more
   * before it passes more than that; it fails with quota_exceeded where the quota has no space for them.
   * @throws {ProblemError} as `reserve`
   */
  async reserveAhead(key: MediaKey, { atLeast, atMost }: SizeEstimate): Promise<Transform> {
    let reserved = atMost;
    if (!(await this.reserveWhenReleased(key, atMost))) await this.reserve(key, (reserved = atLeast), true);
    const grow = async (bytes: number) => {
      const ahead = bytes + Math.min(bytes, MAX_STEP_BYTES);
      if (await this.tryReserve(key, ahead)) reserved = ahead;
      else await this.reserve(key, (reserved = bytes));
    };
    let passed = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        passed += chunk.length;
        if (passed <= reserved) done(null, chunk);
        else grow(passed).then(() => done(null, chunk), done);
      },
    });
  }

  /** Releases the reservation of an upload that did not become a medium. Never rejects. */
  async release({ userId, id }: MediaKey): Promise<void> {
    await runOrRetryLater(() => this.counters.cancel(userId, id));
  }

  /** Turns the reservation of an upload that became a medium into used bytes. Never rejects. */
  async settle({ userId, id }: MediaKey): Promise<void> {
    await runOrRetryLater(() => this.counters.settle(userId, id));
  }

  private async reserveWhenReleased(key: MediaKey, sizeBytes: number): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.attempt(key, sizeBytes, { isFirst: tries === 1, isBrief: true });
      if (outcome !== 'held' || tries === RELEASE_TRIES) return outcome === 'reserved';
      await sleep(RELEASE_MS);
    }
  }

  /** Returns false when the quota has no space for it. */
  private async tryReserve(key: MediaKey, sizeBytes: number): Promise<boolean> {
    return (await this.attempt(key, sizeBytes)) === 'reserved';
  }

  private async attempt(
    { userId, id }: MediaKey,
    sizeBytes: number,
    options: { isFirst?: boolean; isBrief?: boolean } = {},
  ): Promise<'reserved' | 'full' | 'held'> {
    const outcome = await this.counters.reserve(userId, id, sizeBytes, this.config.userQuotaBytes, options);
    if (outcome === 'too_many') throw new ProblemError('too_many_uploads', { headers: { 'Retry-After': '60' } });
    if (outcome === 'account_deleted') throw new ProblemError('unauthenticated');
    return outcome;
  }
}

/**
 * Retries in the background while the table is unavailable; if the process ends before, the sweep does it a day later.
 */
async function runOrRetryLater(work: () => Promise<void>): Promise<void> {
  await work().catch(() => void retryInBackground(work));
}
