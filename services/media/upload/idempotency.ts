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
  /** While running: until when the upload that holds it is believed to live. */
  leaseUntil: string;
  /** Epoch seconds, for the table's time to live. */
  expiresAt: number;
}

const KEPT_SECONDS = 24 * 3_600;
const LEASE_MS = 30_000;

export type Begun = { outcome: 'new'; run: IdempotentRun } | { outcome: 'known'; item: MediaItem };

/** An upload that holds its key. Exactly one of `done` and `free` ends it. */
export interface IdempotentRun {
  /** The id that the medium must get, so that a repeat after a crash finds it. */
  mediaId: string;
  done(): Promise<void>;
  free(): Promise<void>;
  /** As `free`, for an upload of which nobody knows whether it became a medium. @returns false when a repeat was answered with that medium: then it has to stay. */
  revoke(): Promise<boolean>;
}

/** Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the same key of the same user makes one medium, for 24 hours. */
@Injectable()
export class Idempotency {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly media: MediaRepository,
  ) {}

  /** @throws {ProblemError} idempotency_in_progress */
  async begin(userId: string, idempotencyKey: string): Promise<Begun> {
    const key = {
      userId: partitionKey(userId, 'idempotency'),
      id: createHash('sha256').update(idempotencyKey).digest('hex'),
    };
    for (let tries = 0; tries < 3; tries += 1) {
      const known = await this.dynamo.get<KeyItem>('media', key);
      const item =
        known && known.expiresAt > Date.now() / 1_000 ? await this.media.get({ userId, id: known.mediaId }) : null;
      if (known && item && (await this.isAnswered(key, known))) return { outcome: 'known', item };
      const mediaId = newId();
      if (await this.take(key, known, mediaId)) return { outcome: 'new', run: this.run(key, mediaId) };
      if (known?.state === 'running' && known.leaseUntil > new Date().toISOString())
        throw new ProblemError('idempotency_in_progress', { headers: { 'Retry-After': '5' } });
    }
    throw new ProblemError('idempotency_in_progress', { headers: { 'Retry-After': '1' } });
  }

  /** A medium that was made by an upload which never heard of it may be taken back, but not once a repeat has been told of it. */
  private async isAnswered(key: { userId: string; id: string }, { state, mediaId }: KeyItem): Promise<boolean> {
    return (
      state === 'done' ||
      (await this.dynamo.update('media', key, { set: [['state', 'done']], when: equals('mediaId', mediaId) })) !== null
    );
  }

  /** Free, given up by a dead upload, done but deleted since, or expired. */
  private take(key: { userId: string; id: string }, known: KeyItem | null, mediaId: string): Promise<boolean> {
    const expiresAt = Math.floor(Date.now() / 1_000) + KEPT_SECONDS;
    const fresh: KeyItem = { ...key, schemaVersion: 1, state: 'running', mediaId, leaseUntil: leaseEnd(), expiresAt };
    const unchanged = all(
      equals('mediaId', known?.mediaId ?? ''),
      any(equals('state', 'done'), below('leaseUntil', new Date().toISOString())),
    );
    return this.dynamo.put('media', { ...fresh }, any(missing('id'), unchanged));
  }

  private run(key: { userId: string; id: string }, mediaId: string): IdempotentRun {
    const mine = all(equals('mediaId', mediaId), equals('state', 'running'));
    const renewal = setInterval(() => {
      void this.dynamo.update('media', key, { set: [['leaseUntil', leaseEnd()]], when: mine }).catch(() => {});
    }, LEASE_MS / 3);
    const free = async () => {
      clearInterval(renewal);
      await this.dynamo.delete('media', key, mine);
    };
    return {
      mediaId,
      done: async () => {
        clearInterval(renewal);
        await this.dynamo.update('media', key, { set: [['state', 'done']], when: mine });
      },
      free,
      revoke: async () => {
        await free();
        const now = await this.dynamo.get<KeyItem>('media', key);
        return now?.mediaId !== mediaId;
      },
    };
  }
}

const leaseEnd = () => new Date(Date.now() + LEASE_MS).toISOString();
