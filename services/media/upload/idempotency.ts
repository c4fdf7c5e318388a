import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MediaRepository, type MediaItem, partitionKey } from '#media';
import { ProblemError } from '#nest';
import { all, any, below, Dynamo, equals, missing, newId } from '#platform';

interface KeyItem {
  userId: string;
  id: string;
  schemaVersion: 1;
  state: 'running' | 'done';
  mediaId: string;
  /** While running: the end of the lease of the upload that holds the key. */
  leaseUntil: string;
  /** Epoch seconds, for the table's time to live. */
  expiresAt: number;
}

const KEPT_SECONDS = 24 * 3_600;
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
    private readonly dynamo: Dynamo,
    private readonly media: MediaRepository,
  ) {}

  /** @throws {ProblemError} idempotency_in_progress */
  async begin(userId: string, idempotencyKey: string): Promise<BeginResult> {
    const key = {
      userId: partitionKey(userId, 'idempotency'),
      id: createHash('sha256').update(idempotencyKey).digest('hex'),
    };
    for (let tries = 0; tries < 3; tries += 1) {
      const known = await this.dynamo.get<KeyItem>('media', key);
      const item =
        known && known.expiresAt > Date.now() / 1_000 ? await this.media.get({ userId, id: known.mediaId }) : null;
      if (known && item && (await this.markAnswered(key, known))) return { outcome: 'known', item };
      const mediaId = newId();
      if (await this.claim(key, known, mediaId)) return { outcome: 'new', run: this.startRun(key, mediaId) };
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
  private async markAnswered(key: { userId: string; id: string }, { state, mediaId }: KeyItem): Promise<boolean> {
    return (
      state === 'done' ||
      (await this.dynamo.update('media', key, { set: [['state', 'done']], when: equals('mediaId', mediaId) })) !== null
    );
  }

  /** Claims a key that is unused, whose lease or lifetime has expired, or whose medium was deleted since. */
  private claim(key: { userId: string; id: string }, known: KeyItem | null, mediaId: string): Promise<boolean> {
    const expiresAt = Math.floor(Date.now() / 1_000) + KEPT_SECONDS;
    const item: KeyItem = { ...key, schemaVersion: 1, state: 'running', mediaId, leaseUntil: leaseEnd(), expiresAt };
    const unchanged = all(
      equals('mediaId', known?.mediaId ?? ''),
      any(equals('state', 'done'), below('leaseUntil', new Date().toISOString())),
    );
    return this.dynamo.put('media', { ...item }, any(missing('id'), unchanged));
  }

  private startRun(key: { userId: string; id: string }, mediaId: string): IdempotentRun {
    const isHolder = all(equals('mediaId', mediaId), equals('state', 'running'));
    const renewal = setInterval(() => {
      void this.dynamo.update('media', key, { set: [['leaseUntil', leaseEnd()]], when: isHolder }).catch(() => {});
    }, LEASE_MS / 3);
    const release = async () => {
      clearInterval(renewal);
      await this.dynamo.delete('media', key, isHolder);
    };
    return {
      mediaId,
      complete: async () => {
        clearInterval(renewal);
        await this.dynamo.update('media', key, { set: [['state', 'done']], when: isHolder });
      },
      release,
      revoke: async () => {
        await release();
        const now = await this.dynamo.get<KeyItem>('media', key);
        return now?.mediaId !== mediaId;
      },
    };
  }
}

const leaseEnd = () => new Date(Date.now() + LEASE_MS).toISOString();
