import { Injectable } from '@nestjs/common';
import type { Failure } from '#contracts';
import { all, beginsWith, below, Dynamo, equals, missing } from '#platform';
import { mailPartition } from './mail-book';

/** A medium that a later mail mentions. */
export interface CollectedMedium {
  status: 'completed' | 'failed';
  title: string;
  failure?: Failure;
}

/** A mail that is to be sent about what was collected: about a drop once it is finished, or of a day. */
export interface DueMail {
  userId: string;
  /** `drop#` and the id of the batch, or `digest#` and the ISO time at which it is due. */
  collection: string;
  /** ISO 8601 UTC: when the latest medium was added. */
  touchedAt: string;
}

interface DueRow {
  id: string;
  owner: string;
  collection: string;
  touchedAt: string;
}

/** The rows of all mails that are due, by time for digests. Few: one per open drop, and one per user and day. */
const DUE = '#due-mails';
/** Rows that a crash left behind are removed after this time. */
const KEPT_SECONDS = 14 * 86_400;

const idOf = (userId: string, collection: string) => `${collection}#${userId}`;

/** Media that are mentioned in one mail about a drop or a day, instead of in one mail each. */
@Injectable()
export class CollectedMails {
  constructor(private readonly dynamo: Dynamo) {}

  /** Adds a medium. Idempotent by the id of its event. */
  async add(userId: string, collection: string, eventId: string, medium: CollectedMedium): Promise<void> {
    const expiresAt = Math.floor(Date.now() / 1_000) + KEPT_SECONDS;
    const row = { userId: mailPartition(userId), id: `collected#${collection}#${eventId}`, expiresAt };
    await this.dynamo.put('notifications', { ...row, schemaVersion: 1, ...medium }, missing('id'));
    const touchedAt = new Date().toISOString();
    await this.dynamo.update('notifications', this.keyOf(userId, collection), {
      set: [
        ['owner', userId],
        ['collection', collection],
        ['touchedAt', touchedAt],
        ['schemaVersion', 1],
        ['expiresAt', expiresAt],
      ],
    });
  }

  /** Yields the drops that were touched, and the digests that are due. */
  async *due(now: Date): AsyncGenerator<DueMail> {
    for (const upTo of [beginsWith('id', 'drop#'), below('id', `digest#${now.toISOString()}`)]) {
      const where = all(equals('userId', DUE), upTo);
      for await (const row of this.dynamo.queryAll<DueRow>('notifications', { where }))
        yield { userId: row.owner, collection: row.collection, touchedAt: row.touchedAt };
    }
  }

  async media({ userId, collection }: DueMail): Promise<CollectedMedium[]> {
    const found: CollectedMedium[] = [];
    for await (const row of this.dynamo.queryAll<CollectedMedium>(
      'notifications',
      this.ofCollection(userId, collection),
    ))
      found.push(row);
    return found;
  }

  /** Removes what was sent, unless media were added since `due` was read: they get a mail of their own later. */
  async remove({ userId, collection, touchedAt }: DueMail): Promise<void> {
    const when = equals('touchedAt', touchedAt);
    if (!(await this.dynamo.delete('notifications', this.keyOf(userId, collection), when))) return;
    const keys: Array<{ delete: { userId: string; id: string } }> = [];
    const query = { ...this.ofCollection(userId, collection), project: ['id'] };
    for await (const { id } of this.dynamo.queryAll<{ id: string }>('notifications', query))
      keys.push({ delete: { userId: mailPartition(userId), id } });
    await this.dynamo.writeMany('notifications', keys);
  }

  private keyOf(userId: string, collection: string): { userId: string; id: string } {
    return { userId: DUE, id: idOf(userId, collection) };
  }

  private ofCollection(userId: string, collection: string) {
    return { where: all(equals('userId', mailPartition(userId)), beginsWith('id', `collected#${collection}#`)) };
  }
}
