import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { MediaCounters, type MediaKey } from '#media';
import { ProblemError } from '#nest';
import { CONFIG } from '#platform';

/** The room that uploads take of their owner's quota. */
@Injectable()
export class Room {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly counters: MediaCounters,
  ) {}

  /** Takes it, exactly and once for each upload. @throws {ProblemError} quota_exceeded, too_many_uploads, unauthenticated when the account was deleted meanwhile */
  async reserve({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    const outcome = await this.counters.reserve(userId, id, sizeBytes, this.config.userQuotaBytes);
    if (outcome === 'crowded') throw new ProblemError('too_many_uploads', { headers: { 'Retry-After': '60' } });
    if (outcome === 'full') throw new ProblemError('quota_exceeded');
    if (outcome === 'gone') throw new ProblemError('unauthenticated');
  }

  /** The upload came to nothing. Never rejects: a reservation that stays behind because the table is away ends by itself within a day. */
  async free({ userId, id }: MediaKey, sizeBytes: number): Promise<void> {
    await this.counters.cancel(userId, id, sizeBytes).catch(() => {});
  }

  /** The upload became a medium. Never rejects: else it is settled a day later, when the sweeper finds that it did. */
  async settle({ userId, id }: MediaKey): Promise<void> {
    await this.counters.settle(userId, id).catch(() => {});
  }
}
