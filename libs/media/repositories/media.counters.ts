import type { MediaActivity, MediaStats, MediaStatus } from '#contracts';
import {
  all,
  atMost,
  Batches,
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
import type { MediaEvent } from '../media.item';
import { parsePartitionKey, partitionKey } from '../partitions';
import { activityOf, outdatedActivity, readActivity } from './media.activity';

/** Ids of recently counted events with the time of counting (epoch ms): deduplicates repeated deliveries. */
type Applied = Record<string, number>;

/** One shard of a user's counts and daily activity; the totals are the sums over all shards. */
export type CountItem = Partial<Record<'total' | MediaStatus | 'originalBytes' | 'derivedBytes', number>> & {
  id: string;
  applied: Applied;
  /** Incremented by every counted event: a recount writes only if it is unchanged (optimistic locking). */
  version?: number;
};

interface Reservation {
  bytes: number;
  at: string;
  /** The upload is one request, which ends by itself; resumable ones may stay unfinished for a day. */
  isBrief?: boolean;
}

/** The row that enforces a user's quota of originals. Sizes in bytes. */
export interface QuotaItem {
  /** Originals that exist or are reserved. */
  usedBytes: number;
  /** The quota that an admin has set for this user; absent: that of the server. */
  quotaBytes?: number;
  reserved: Record<string, Reservation>;
  applied: Applied;
  /** Set when the account is deleted: nothing can be reserved any more. */
  erasedAt?: string;
}

interface RowKey {
  userId: string;
  id: string;
}

interface Counted {
  key: RowKey;
  event: MediaEvent;
}

/** The upload became a medium, ended without a result, or is still in progress. */
export type ReservationOutcome = 'medium' | 'abandoned' | 'in_progress';

/** Longer than a consumer takes between reading an event and counting it. */
const REMEMBER_MS = 60_000;
const PRUNE_ABOVE = 20;
/** Events of a row within this time are counted in one write. */
const COUNT_WINDOW_MS = 100;
const MAX_COUNTED = 20;
/** All reservations of a user are stored in one item, so their number decides what each change of it costs. */
const MAX_RESERVATIONS = 400;
const MAX_RESUMABLE = 100;
/** By this age an upload has become a medium or is abandoned. */
export const RESERVATION_MS = 24 * 3_600_000;

export const countersOf = (userId: string) => partitionKey(userId, 'counters');
export const countRow = (shard: string) => `count.${shard}`;
/** Id of the quota row, which the sweep finds when a reservation is a day old. */
export const QUOTA_ROW = 'quota';
const quotaKey = (userId: string) => ({ userId: countersOf(userId), id: QUOTA_ROW });

/**
 * Counts and quota of a user, in a partition beside the media: a fixed number of rows, so that a read costs the same
 * for a library of any size. Counting is idempotent: each event is one conditional write that records its id in the
 * row.
 */
export class MediaCounters {
  private readonly counts = new Batches<Counted>(COUNT_WINDOW_MS, MAX_COUNTED, (batch) => this.applyBatch(batch));

  constructor(private readonly dynamo: Dynamo) {}

  /** `quotaBytes`: the quota that an admin has set for this user, or null. */
  async read(userId: string): Promise<Omit<MediaStats, 'maxUploadBytes' | 'acceptsHeic' | 'directUploads'>> {
    const items = await this.rows(userId);
    const sum = (name: keyof Omit<CountItem, 'id' | 'applied' | 'version'>) =>
      Math.max(
        0,
        items.reduce((total, item) => total + (item[name] ?? 0), 0),
      ); // below 0 for a moment when events arrive out of order
    return {
      total: sum('total'),
      uploaded: sum('uploaded'),
      processing: sum('processing'),
      completed: sum('completed'),
      failed: sum('failed'),
      bytes: sum('originalBytes') + sum('derivedBytes'),
      originalBytes: sum('originalBytes'),
      quotaBytes: (items.find(({ id }) => id === QUOTA_ROW) as QuotaItem | undefined)?.quotaBytes ?? null,
    };
  }

  /** Sets the quota of a user, or with null removes it, so that that of the server applies again. */
  async setQuota(userId: string, quotaBytes: number | null): Promise<void> {
    const change = quotaBytes === null ? { remove: ['quotaBytes'] } : { set: [['quotaBytes', quotaBytes]] as const };
    await this.updateRow(quotaKey(userId), { ...change, when: exists('reserved') });
  }

  /** Returns the activity of each of the last 30 days. */
  async activity(userId: string, now = new Date()): Promise<MediaActivity> {
    return readActivity(await this.rows(userId), now);
  }

  async usedBytes(userId: string): Promise<number> {
    return (await this.dynamo.get<QuotaItem>('media', quotaKey(userId)))?.usedBytes ?? 0;
  }

  /** Returns the reservations of uploads in progress by upload id, or null when the user has no quota row. */
  async reservations(userId: string): Promise<QuotaItem['reserved'] | null> {
    return (await this.dynamo.get<QuotaItem>('media', quotaKey(userId)))?.reserved ?? null;
  }

  /** Counts an event exactly once, however often it is delivered. */
  async apply(event: MediaEvent): Promise<void> {
    const key = { userId: countersOf(event.userId), id: countRow(shardOf(event.mediaId)) };
    await this.counts.add(`${key.userId} ${key.id}`, { key, event });
    if (event.type === 'media.deleted')
      await this.applyOnce(quotaKey(event.userId), [event.id], [['usedBytes', -event.originalBytes]]);
  }

  /** Counts events of one row in one write; one after the other when one of them was counted before. */
  private async applyBatch(batch: Counted[]): Promise<void> {
    const { key } = batch[0]!;
    const ids = [...new Set(batch.map(({ event }) => event.id))];
    const isUnique = ids.length === batch.length;
    if (isUnique && (await this.applyOnce(key, ids, sumOf(batch.flatMap(({ event }) => changesOf(event)))))) return;
    if (batch.length === 1) return;
    for (const { event } of batch) await this.applyOnce(key, [event.id], changesOf(event));
  }

  /**
   * Reserves quota for an upload, exactly: of any number of parallel uploads only those that fit are reserved. Changes
   * the size of its reservation if there is one. Idempotent.
   * `full`: the quota would be exceeded. `held`: it would be, until other uploads in progress end. `too_many`: the user
   * has too many uploads in progress. `account_deleted`: the account was deleted meanwhile.
   * @param quotaBytes the quota of the server, unless the user has one of their own
   * @param options `isBrief`: the upload is one request, which ends by itself; `isFirst`: it probably has no
   * reservation yet, so that is written without reading the row
   */
  async reserve(
    userId: string,
    uploadId: string,
    bytes: number,
    quotaBytes: number | null,
    { isFirst = false, isBrief = false }: { isFirst?: boolean; isBrief?: boolean } = {},
  ): Promise<'reserved' | 'full' | 'held' | 'too_many' | 'account_deleted'> {
    const first = { bytes, held: undefined, quotaBytes, ownQuotaBytes: undefined, isBrief };
    if (isFirst && (await this.writeReservation(userId, uploadId, first))) return 'reserved';
    for (let tries = 0; tries < 3; tries += 1) {
      const row = await this.dynamo.get<QuotaItem>('media', quotaKey(userId));
      if (row?.erasedAt) return 'account_deleted';
      const held = row?.reserved[uploadId]?.bytes;
      if (held === bytes) return 'reserved'; // a resumed upload, or an ambiguous write of ours that succeeded
      if (held === undefined && hasTooMany(row, isBrief)) return 'too_many';
      const more = bytes - (held ?? 0);
      const ownQuotaBytes = row?.quotaBytes;
      const limit = ownQuotaBytes ?? quotaBytes;
      const excess = more > 0 && limit !== null ? (row?.usedBytes ?? 0) + more - limit : 0;
      if (excess > 0) return excess > reservedByOthers(row, uploadId) ? 'full' : 'held';
      const reservation = { bytes, held, quotaBytes: limit, ownQuotaBytes, isBrief };
      if (await this.writeReservation(userId, uploadId, reservation)) return 'reserved';
    }
    return 'held'; // parallel uploads reserved the rest
  }

  private async writeReservation(
    userId: string,
    uploadId: string,
    {
      bytes,
      held,
      quotaBytes,
      ownQuotaBytes,
      isBrief,
    }: {
      bytes: number;
      held: number | undefined;
      quotaBytes: number | null;
      ownQuotaBytes: number | undefined;
      isBrief: boolean;
    },
  ): Promise<boolean> {
    const at = new Date();
    const expires = new Date(at.getTime() + RESERVATION_MS).toISOString();
    const [path, more] = [['reserved', uploadId], bytes - (held ?? 0)] as const;
    const isNew = held === undefined;
    const item = await this.updateRow(quotaKey(userId), {
      add: [['usedBytes', more], bumpVersion],
      set: [
        isNew ? [path, { bytes, at: at.toISOString(), ...(isBrief && { isBrief }) }] : [[...path, 'bytes'], bytes],
        ['openShard', shardOf(userId)],
        ['openAt', expires],
      ],
      when: all(
        ...(isNew ? [missing(path), sizeBelow('reserved', MAX_RESERVATIONS)] : [equals([...path, 'bytes'], held)]),
        missing('erasedAt'),
        ownQuotaBytes === undefined ? missing('quotaBytes') : equals('quotaBytes', ownQuotaBytes),
        quotaBytes === null || more <= 0 ? exists('reserved') : atMost('usedBytes', quotaBytes - more),
      ),
    });
    return item !== null;
  }

  /** The upload became a medium: its bytes count as used until the medium is deleted. Idempotent. */
  async settle(userId: string, uploadId: string): Promise<void> {
    await this.dynamo.update('media', quotaKey(userId), {
      remove: [['reserved', uploadId]],
      when: exists(['reserved', uploadId]),
    });
  }

  /** The upload ended without a medium: its reserved bytes are released. Idempotent. */
  async cancel(userId: string, uploadId: string): Promise<void> {
    const bytes = (await this.reservations(userId))?.[uploadId]?.bytes;
    if (bytes === undefined) return;
    await this.dynamo.update('media', quotaKey(userId), {
      add: [['usedBytes', -bytes], bumpVersion],
      remove: [['reserved', uploadId]],
      when: equals(['reserved', uploadId, 'bytes'], bytes),
    });
  }

  /**
   * Resolves reservations older than a day: settles those whose upload became a medium and cancels those whose upload
   * was abandoned. `rowKey` is the partition key of the row, as the sweep found it.
   */
  async expireReservations(
    rowKey: string,
    resolve: (upload: { userId: string; id: string }) => Promise<ReservationOutcome>,
    now = new Date(),
  ): Promise<void> {
    const key = { userId: rowKey, id: QUOTA_ROW };
    const { userId } = parsePartitionKey(rowKey);
    const row = await this.dynamo.get<QuotaItem>('media', key);
    const expired = Object.entries(row?.reserved ?? {}).filter(
      ([, { at }]) => Date.parse(at) + RESERVATION_MS <= now.getTime(),
    );
    for (const [uploadId] of expired) {
      const outcome = await resolve({ userId, id: uploadId });
      if (outcome === 'medium') await this.settle(userId, uploadId);
      if (outcome === 'abandoned') await this.cancel(userId, uploadId);
    }
    const isEmpty = await this.dynamo.update('media', key, {
      remove: ['openShard', 'openAt'],
      when: sizeIs('reserved', 0),
    });
    if (!isEmpty)
      await this.dynamo.update('media', key, {
        set: [['openAt', new Date(now.getTime() + RESERVATION_MS).toISOString()]],
        when: exists('reserved'),
      });
  }

  /** The account is being deleted: rejects all further reservations. Idempotent. */
  async close(userId: string): Promise<void> {
    await this.updateRow(quotaKey(userId), {
      set: [['erasedAt', new Date().toISOString()]],
      when: all(exists('reserved'), missing('erasedAt')),
    });
  }

  /** Erases the counts of a deleted account. The closed quota row rejects late uploads; only `final` erases it, too. */
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

  /** @returns false when one of the events was counted before: none is counted then */
  private async applyOnce(
    key: { userId: string; id: string },
    eventIds: string[],
    add: NonNullable<Change['add']>,
  ): Promise<boolean> {
    const now = Date.now();
    const changes = [...add, bumpVersion];
    const change = {
      add: changes,
      set: eventIds.map((id) => [['applied', id], now] as const),
      when: all(exists('applied'), ...eventIds.map((id) => missing(['applied', id]))),
    };
    const first = { ...Object.fromEntries(changes), applied: Object.fromEntries(eventIds.map((id) => [id, now])) };
    const updated = await this.dynamo.update<{ applied: Applied }>('media', key, change);
    if (!updated && (await this.dynamo.put('media', { ...newRow(key), ...first }, missing('id')))) return true;
    const item = updated ?? (await this.dynamo.update<{ applied: Applied }>('media', key, change));
    if (item) await this.prune(key, item, now);
    return item !== null;
  }

  private async prune(key: { userId: string; id: string }, item: { applied: Applied }, now: number): Promise<void> {
    const old = Object.entries(item.applied).filter(([, at]) => at < now - REMEMBER_MS);
    const expired = old.length > PRUNE_ABOVE ? old.slice(0, 200).map(([id]) => ['applied', id]) : [];
    const remove = [...expired, ...outdatedActivity(item, new Date(now))];
    if (remove.length > 0) await this.dynamo.update('media', key, { remove, when: exists('applied') });
  }

  /** Updates a row, which is created first if missing. @returns null when the condition does not hold */
  private async updateRow<T>(
    key: { userId: string; id: string },
    change: Change & { when: Condition },
  ): Promise<T | null> {
    const updated = await this.dynamo.update<T>('media', key, change);
    if (updated) return updated;
    await this.dynamo.put('media', newRow(key), missing('id')); // no effect if a concurrent request created it
    return this.dynamo.update<T>('media', key, change);
  }
}

function reservedByOthers(row: QuotaItem | null, uploadId: string): number {
  const others = Object.entries(row?.reserved ?? {}).filter(([id]) => id !== uploadId);
  return others.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

function hasTooMany(row: QuotaItem | null, isBrief: boolean): boolean {
  const reservations = Object.values(row?.reserved ?? {});
  return (
    reservations.length >= MAX_RESERVATIONS ||
    (!isBrief && reservations.filter((one) => !one.isBrief).length >= MAX_RESUMABLE)
  );
}

/** Part of every write that changes a count. */
const bumpVersion = ['version', 1] as const;

export const newRow = (key: { userId: string; id: string }) => ({
  ...key,
  schemaVersion: 1,
  usedBytes: 0,
  reserved: {},
  applied: {},
});

const changesOf = (event: MediaEvent) => [...deltaOf(event), ...activityOf(event)];

function sumOf(changes: ReadonlyArray<readonly [string, number]>): NonNullable<Change['add']> {
  const sums = new Map<string, number>();
  for (const [name, amount] of changes) sums.set(name, (sums.get(name) ?? 0) + amount);
  return [...sums];
}

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
