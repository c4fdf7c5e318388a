import type { MediaActivity, MediaStats, MediaStatus } from '#contracts';
import {
  all,
  atMost,
  Dynamo,
  equals,
  exists,
  missing,
  shardOf,
  sizeBelow,
  sizeIs,
  type Change,
  type Condition,
} from '#platform';
import { activityOf, outdatedActivity, readActivity } from './media.activity';
import type { MediaEvent } from './media.item';
import { parsePartitionKey, partitionKey } from './partitions';

/** Events counted lately, by the time they were (epoch ms): a repeat is not counted again. */
type Applied = Record<string, number>;

/** A part of a user's counts, and of what happened on which day; the parts of all shards add up. */
export type CountItem = Partial<Record<'total' | MediaStatus | 'originalBytes' | 'derivedBytes', number>> & {
  id: string;
  applied: Applied;
  /** Grows with everything that is counted, so that a recount sees whether it came too late. */
  version?: number;
};

/** The one row that bounds a user's originals. Sizes in bytes. */
export interface QuotaItem {
  /** Originals that exist or are about to. */
  usedBytes: number;
  reserved: Record<string, { bytes: number; at: string }>;
  applied: Applied;
  /** The account is deleted: nothing may be added any more. */
  erasedAt?: string;
}

/** What became of an upload: a medium, nothing, or it goes on. */
export type ReservationOutcome = 'medium' | 'gone' | 'alive';

/** Longer than a consumer holds an event between reading and counting it. */
const REMEMBER_MS = 60_000;
const PRUNE_ABOVE = 20;
/** All reservations of a user stand in one item, of which DynamoDB takes 400 KB. */
const MAX_RESERVATIONS = 2_000;
/** By then an upload has become a medium, or died. */
export const RESERVATION_MS = 24 * 3_600_000;

export const countersOf = (userId: string) => partitionKey(userId, 'counters');
export const countRow = (shard: string) => `count.${shard}`;
/** The row that the sweeper finds when a reservation is a day old. */
export const QUOTA_ROW = 'quota';
const quotaKey = (userId: string) => ({ userId: countersOf(userId), id: QUOTA_ROW });

/**
 * Counts and used bytes of a user, beside the library: a fixed number of rows, so a read costs the same for any library.
 * Each event is one conditional write that remembers the event in the same row.
 */
export class MediaCounters {
  constructor(private readonly dynamo: Dynamo) {}

  async read(userId: string): Promise<Omit<MediaStats, 'quotaBytes' | 'maxUploadBytes'>> {
    const items = await this.rows(userId);
    const sum = (name: keyof Omit<CountItem, 'id' | 'applied' | 'version'>) =>
      Math.max(
        0,
        items.reduce((total, item) => total + (item[name] ?? 0), 0),
      ); // events may come out of order
    return {
      total: sum('total'),
      uploaded: sum('uploaded'),
      processing: sum('processing'),
      completed: sum('completed'),
      failed: sum('failed'),
      bytes: sum('originalBytes') + sum('derivedBytes'),
      originalBytes: sum('originalBytes'),
    };
  }

  /** What happened on each of the last 30 days. */
  async activity(userId: string, now = new Date()): Promise<MediaActivity> {
    return readActivity(await this.rows(userId), now);
  }

  async usedBytes(userId: string): Promise<number> {
    return (await this.dynamo.get<QuotaItem>('media', quotaKey(userId)))?.usedBytes ?? 0;
  }

  /** What uploads in flight have reserved, by their ids; null: the table has never heard of this user. */
  async reservations(userId: string): Promise<QuotaItem['reserved'] | null> {
    return (await this.dynamo.get<QuotaItem>('media', quotaKey(userId)))?.reserved ?? null;
  }

  /** Counts an event exactly once, whatever is delivered how often. */
  async apply(event: MediaEvent): Promise<void> {
    const key = { userId: countersOf(event.userId), id: countRow(shardOf(event.mediaId)) };
    await this.applyOnce(key, event.id, [...deltaOf(event), ...activityOf(event)]);
    if (event.type === 'media.deleted')
      await this.applyOnce(quotaKey(event.userId), event.id, [['usedBytes', -event.originalBytes]]);
  }

  /**
   * Takes room for an upload, exactly: of any number of parallel uploads only those that fit get it.
   * `full`: the quota does not allow it. `crowded`: too many of its uploads are under way. `gone`: the account was deleted meanwhile.
   */
  async reserve(
    userId: string,
    uploadId: string,
    bytes: number,
    quotaBytes: number | null,
  ): Promise<'reserved' | 'full' | 'crowded' | 'gone'> {
    const at = new Date();
    const expires = new Date(at.getTime() + RESERVATION_MS).toISOString();
    const room = quotaBytes === null ? exists('reserved') : atMost('usedBytes', quotaBytes - bytes);
    const item = await this.updateRow(quotaKey(userId), {
      add: [['usedBytes', bytes], counts],
      set: [
        [['reserved', uploadId], { bytes, at: at.toISOString() }],
        ['openShard', shardOf(userId)],
        ['openAt', expires],
      ],
      when: all(missing(['reserved', uploadId]), missing('erasedAt'), sizeBelow('reserved', MAX_RESERVATIONS), room),
    });
    if (item) return 'reserved';
    const row = await this.dynamo.get<QuotaItem>('media', quotaKey(userId));
    if (row?.erasedAt) return 'gone';
    if (row?.reserved[uploadId]) return 'reserved'; // our own first attempt went through unheard, or it is resumed
    return Object.keys(row?.reserved ?? {}).length >= MAX_RESERVATIONS ? 'crowded' : 'full';
  }

  /** The upload became a medium: its room stays taken until it is deleted. */
  async settle(userId: string, uploadId: string): Promise<void> {
    await this.dynamo.update('media', quotaKey(userId), {
      remove: [['reserved', uploadId]],
      when: exists(['reserved', uploadId]),
    });
  }

  /** The upload came to nothing: its room is free again. */
  async cancel(userId: string, uploadId: string, bytes: number): Promise<void> {
    const when = exists(['reserved', uploadId]);
    await this.dynamo.update('media', quotaKey(userId), {
      add: [['usedBytes', -bytes], counts],
      remove: [['reserved', uploadId]],
      when,
    });
  }

  /**
   * Ends reservations whose upload died: of those older than a day, the ones that became a medium are settled and the ones
   * of which nothing is left give their room back. `rowKey` is the partition key of the row, as the sweeper found it.
   */
  async expireReservations(
    rowKey: string,
    fateOf: (upload: { userId: string; id: string }) => Promise<ReservationOutcome>,
    now = new Date(),
  ): Promise<void> {
    const key = { userId: rowKey, id: QUOTA_ROW };
    const { userId } = parsePartitionKey(rowKey);
    const row = await this.dynamo.get<QuotaItem>('media', key);
    const expired = Object.entries(row?.reserved ?? {}).filter(
      ([, { at }]) => Date.parse(at) + RESERVATION_MS <= now.getTime(),
    );
    for (const [uploadId, { bytes }] of expired) {
      const fate = await fateOf({ userId, id: uploadId });
      if (fate === 'medium') await this.settle(userId, uploadId);
      if (fate === 'gone') await this.cancel(userId, uploadId, bytes);
    }
    const quiet = await this.dynamo.update('media', key, {
      remove: ['openShard', 'openAt'],
      when: sizeIs('reserved', 0),
    });
    if (!quiet)
      await this.dynamo.update('media', key, {
        set: [['openAt', new Date(now.getTime() + RESERVATION_MS).toISOString()]],
        when: exists('reserved'),
      });
  }

  /** The account is being deleted: from now on no upload gets room. Repeatable. */
  async close(userId: string): Promise<void> {
    await this.updateRow(quotaKey(userId), {
      set: [['erasedAt', new Date().toISOString()]],
      when: all(exists('reserved'), missing('erasedAt')),
    });
  }

  /** Erases the counts of a deleted account. The closed quota row keeps late uploads out; it goes with `final`. */
  async erase(userId: string, final: boolean): Promise<void> {
    const counted = (await this.rows(userId)).filter(({ id }) => final || id !== QUOTA_ROW);
    await this.dynamo.writeMany(
      'media',
      counted.map(({ id }) => ({ delete: { userId: countersOf(userId), id } })),
    );
  }

  private async rows(userId: string): Promise<CountItem[]> {
    return (await this.dynamo.query<CountItem>('media', { where: equals('userId', countersOf(userId)) })).items;
  }

  private async applyOnce(
    key: { userId: string; id: string },
    eventId: string,
    add: NonNullable<Change['add']>,
  ): Promise<void> {
    const now = Date.now();
    const item = await this.updateRow<{ applied: Applied }>(key, {
      add: [...add, counts],
      set: [[['applied', eventId], now]],
      when: all(exists('applied'), missing(['applied', eventId])),
    });
    if (item) await this.prune(key, item, now);
  }

  private async prune(key: { userId: string; id: string }, item: { applied: Applied }, now: number): Promise<void> {
    const old = Object.entries(item.applied).filter(([, at]) => at < now - REMEMBER_MS);
    const forgotten = old.length > PRUNE_ABOVE ? old.slice(0, 200).map(([id]) => ['applied', id]) : [];
    const remove = [...forgotten, ...outdatedActivity(item, new Date(now))];
    if (remove.length > 0) await this.dynamo.update('media', key, { remove, when: exists('applied') });
  }

  /** Updates a row, making it first where there is none. null: the condition does not hold. */
  private async updateRow<T>(
    key: { userId: string; id: string },
    change: Change & { when: Condition },
  ): Promise<T | null> {
    const updated = await this.dynamo.update<T>('media', key, change);
    if (updated) return updated;
    await this.dynamo.put('media', freshRow(key), missing('id')); // or somebody else does at this moment
    return this.dynamo.update<T>('media', key, change);
  }
}

/** Goes along with every change of a number. */
const counts = ['version', 1] as const;

export const freshRow = (key: { userId: string; id: string }) => ({
  ...key,
  schemaVersion: 1,
  usedBytes: 0,
  reserved: {},
  applied: {},
});

function deltaOf(event: MediaEvent): NonNullable<Change['add']> {
  if (event.type === 'media.deleted') {
    return [
      ['total', -1],
      [event.status, -1],
      ['originalBytes', -event.originalBytes],
      ['derivedBytes', -event.derivedBytes],
    ];
  }
  if (event.from === null)
    return [
      ['total', 1],
      [event.status, 1],
      ['originalBytes', event.originalBytes],
    ];
  return [
    [event.from, -1],
    [event.status, 1],
    ...(event.status === 'completed' ? [['derivedBytes', event.derivedBytes] as const] : []),
  ];
}
