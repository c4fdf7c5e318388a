import { createHash } from 'node:crypto';
import { all, any, below, equals, missing, rowParser, type Condition, type Dynamo } from '#platform';
import { partitionKey } from '../partitions';

/** An idempotency key of a user, as stored. */
export interface IdempotencyRow {
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
const parse = rowParser<IdempotencyRow>();

/** Identifies an idempotency key; obtained from {@link IdempotencyKeys.keyOf}. */
export type IdempotencyRowKey = Pick<IdempotencyRow, 'userId' | 'id'>;

/** The idempotency keys of uploads, for 24 hours. Each is held under a lease by the upload of one medium. */
export class IdempotencyKeys {
  constructor(private readonly dynamo: Dynamo) {}

  /** Returns the row key of a key that a client chose: hashed, so that any text of any length is possible. */
  static keyOf(userId: string, idempotencyKey: string): IdempotencyRowKey {
    return {
      userId: partitionKey(userId, 'idempotency'),
      id: createHash('sha256').update(idempotencyKey).digest('hex'),
    };
  }

  async find(key: IdempotencyRowKey): Promise<IdempotencyRow | null> {
    const row = await this.dynamo.get('media', { ...key });
    return row && parse(row);
  }

  /**
   * Acquires a key that is unused, whose lease or lifetime has expired, or whose medium was deleted since.
   * @param known the row that the caller has read
   * @returns false when another upload holds it, or it has changed since it was read
   */
  async claim(
    key: IdempotencyRowKey,
    known: IdempotencyRow | null,
    mediaId: string,
    leaseMs: number,
  ): Promise<boolean> {
    const now = Date.now();
    const row: IdempotencyRow = {
      ...key,
      schemaVersion: 1,
      state: 'running',
      mediaId,
      leaseUntil: new Date(now + leaseMs).toISOString(),
      expiresAt: Math.floor(now / 1_000) + KEPT_SECONDS,
    };
    const unchanged = all(
      equals('mediaId', known?.mediaId ?? ''),
      any(equals('state', 'done'), below('leaseUntil', new Date(now).toISOString())),
    );
    return this.dynamo.put('media', { ...row }, any(missing('id'), unchanged));
  }

  /** Renews the lease of an upload that still holds the key. */
  async renew(key: IdempotencyRowKey, mediaId: string, leaseMs: number): Promise<void> {
    await this.dynamo.update(
      'media',
      { ...key },
      {
        set: [['leaseUntil', new Date(Date.now() + leaseMs).toISOString()]],
        when: heldFor(mediaId),
      },
    );
  }

  /** Records that the upload has become the medium. */
  async complete(key: IdempotencyRowKey, mediaId: string): Promise<void> {
    await this.dynamo.update('media', { ...key }, { set: [['state', 'done']], when: heldFor(mediaId) });
  }

  /** As `complete`, by another request that finds the medium. @returns false when the key is now another medium's */
  async completeFor(key: IdempotencyRowKey, mediaId: string): Promise<boolean> {
    const change = { set: [['state', 'done'] as const], when: equals('mediaId', mediaId) };
    return (await this.dynamo.update('media', { ...key }, change)) !== null;
  }

  /** Removes the key, unless it is done or another upload's. */
  async release(key: IdempotencyRowKey, mediaId: string): Promise<void> {
    await this.dynamo.delete('media', { ...key }, heldFor(mediaId));
  }
}

const heldFor = (mediaId: string): Condition => all(equals('mediaId', mediaId), equals('state', 'running'));
