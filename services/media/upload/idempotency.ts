import { Injectable } from '@nestjs/common';
import { IdempotencyKeys, MediaRepository, type IdempotencyRow, type IdempotencyRowKey, type MediaItem } from '#media';
import { ProblemError } from '#nest';
import { newId } from '#platform';

const LEASE_MS = 30_000;

export type BeginResult = { outcome: 'new'; run: IdempotentRun } | { outcome: 'known'; item: MediaItem };

/** An upload that holds its idempotency key. Exactly one of `complete`, `release` and `revoke` ends it. */
export interface IdempotentRun {
  /** The id that the medium must get, so that a repeated request finds it after a crash. */
  mediaId: string;
  complete(): Promise<void>;
  release(): Promise<void>;
  /**
   * As `release`, for an upload whose write was ambiguous.
   * @returns false when a repeated request was answered with its medium, which must be kept then.
   */
  revoke(): Promise<boolean>;
}

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): requests of a user with the same key make one medium,
 * for 24 hours.
 */
@Injectable()
export class Idempotency {
  constructor(
    private readonly keys: IdempotencyKeys,
    private readonly media: MediaRepository,
  ) {}

  /** @throws {ProblemError} idempotency_in_progress */
  async begin(userId: string, idempotencyKey: string): Promise<BeginResult> {
    const key = IdempotencyKeys.keyOf(userId, idempotencyKey);
    for (let tries = 0; tries < 3; tries += 1) {
      const known = await this.keys.find(key);
      const item =
        known && known.expiresAt > Date.now() / 1_000 ? await this.media.get({ userId, id: known.mediaId }) : null;
      if (known && item && (await this.markAnswered(key, known))) return { outcome: 'known', item };
      const mediaId = newId();
      if (await this.keys.claim(key, known, mediaId, LEASE_MS))
        return { outcome: 'new', run: this.startRun(key, mediaId) };
      if (known?.state === 'running' && known.leaseUntil > new Date().toISOString())
        throw new ProblemError('idempotency_in_progress', { headers: { 'Retry-After': '5' } });
    }
    throw new ProblemError('idempotency_in_progress', { headers: { 'Retry-After': '1' } });
  }

  /**
   * Marks the key as done before a repeated request is answered with the medium: after an ambiguous write its own
   * upload may delete the medium, but not once another request was answered with it. Returns false when the key has
   * changed.
   */
  private async markAnswered(key: IdempotencyRowKey, { state, mediaId }: IdempotencyRow): Promise<boolean> {
    return state === 'done' || this.keys.completeFor(key, mediaId);
  }

  private startRun(key: IdempotencyRowKey, mediaId: string): IdempotentRun {
    const renewal = setInterval(() => {
      void this.keys.renew(key, mediaId, LEASE_MS).catch(() => {});
    }, LEASE_MS / 3);
    const release = async () => {
      clearInterval(renewal);
      await this.keys.release(key, mediaId);
    };
    return {
      mediaId,
      complete: async () => {
        clearInterval(renewal);
        await this.keys.complete(key, mediaId);
      },
      release,
      revoke: async () => {
        await release();
        return (await this.keys.find(key))?.mediaId !== mediaId;
      },
    };
  }
}
