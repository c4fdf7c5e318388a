import { mediaStatuses } from '#contracts';
import { Dynamo, equals, missing, shardOf, shards } from '#platform';
import type { MediaItem } from '../media.item';
import { countersOf, countRow, newRow, QUOTA_ROW, type CountItem, type QuotaItem } from './media.counters';

const counted = ['total', ...mediaStatuses, 'originalBytes', 'derivedBytes'] as const;
type Counts = Partial<Record<(typeof counted)[number] | 'usedBytes', number>>;

/** A row of counts that differs from what the media add up to. */
export interface Drift {
  userId: string;
  /** Id of the row. */
  row: string;
  is: Counts;
  shouldBe: Counts;
}

type Counted = Pick<MediaItem, 'id' | 'status' | 'sizeBytes' | 'derivedBytes' | 'deletedAt' | 'pending'>;
const fields = ['id', 'status', 'sizeBytes', 'derivedBytes', 'deletedAt', 'pending'] as const;

interface ComparedRow extends Drift {
  /** The row as it was read, if there was one; its version shows whether anything was counted since. */
  current: { version?: number } | undefined;
}

/**
 * Recounts the media of a user. Possible only while no event is pending: an unconfirmed event may or may not be counted
 * yet. The rows are read before the media, and corrected only if nothing was counted in between (by `version`).
 */
export class MediaRecount {
  constructor(private readonly dynamo: Dynamo) {}

  /** @returns the rows that drifted, or null while events are pending: try again later */
  async compare(userId: string): Promise<Drift[] | null> {
    return (await this.compareRows(userId))?.map(({ row, is, shouldBe }) => ({ userId, row, is, shouldBe })) ?? null;
  }

  /** Corrects rows that drifted. @returns the corrected ones */
  async correct(userId: string): Promise<Drift[]> {
    const corrected: Drift[] = [];
    for (const { row, is, shouldBe, current } of (await this.compareRows(userId)) ?? []) {
      if (await this.write({ userId: countersOf(userId), id: row }, shouldBe, current))
        corrected.push({ userId, row, is, shouldBe });
    }
    return corrected;
  }

  private async write(
    key: { userId: string; id: string },
    shouldBe: Counts,
    current: ComparedRow['current'],
  ): Promise<boolean> {
    if (!current) return this.dynamo.put('media', { ...newRow(key), ...shouldBe }, missing('id'));
    const unchanged = current.version === undefined ? missing('version') : equals('version', current.version);
    return (
      (await this.dynamo.update('media', key, {
        set: Object.entries(shouldBe),
        add: [['version', 1]],
        when: unchanged,
      })) !== null
    );
  }

  private async compareRows(userId: string): Promise<ComparedRow[] | null> {
    const { items: rows } = await this.dynamo.query<CountItem & QuotaItem>('media', {
      where: equals('userId', countersOf(userId)),
    });
    const media: Counted[] = [];
    for await (const item of this.dynamo.queryAll<Counted>('media', {
      where: equals('userId', userId),
      project: fields,
    })) {
      if (Object.keys(item.pending).length > 0) return null;
      if (!item.deletedAt) media.push(item);
    }
    const rowOf = (id: string) => rows.find((row) => row.id === id);
    const compared = shards.map((shard) =>
      compareRow(
        userId,
        countRow(shard),
        rowOf(countRow(shard)),
        tally(media.filter(({ id }) => shardOf(id) === shard)),
      ),
    );
    const quota = rowOf(QUOTA_ROW);
    if (quota?.erasedAt) return []; // the account is being deleted together with its counts
    compared.push(compareRow(userId, QUOTA_ROW, quota, { usedBytes: usedBytes(media, quota) }));
    return compared.filter((row) => row !== null);
  }
}

function compareRow(
  userId: string,
  row: string,
  current: (Counts & { version?: number }) | undefined,
  shouldBe: Counts,
): ComparedRow | null {
  const names = Object.keys(shouldBe) as Array<keyof Counts>;
  const is = Object.fromEntries(names.map((name) => [name, current?.[name] ?? 0]));
  if (names.every((name) => is[name] === shouldBe[name])) return null;
  return { userId, row, is, shouldBe, current };
}

function tally(media: readonly Counted[]): Counts {
  const counts = Object.fromEntries(counted.map((name) => [name, 0])) as Required<Omit<Counts, 'usedBytes'>>;
  for (const { status, sizeBytes, derivedBytes } of media) {
    counts.total += 1;
    counts[status] += 1;
    counts.originalBytes += sizeBytes;
    counts.derivedBytes += derivedBytes;
  }
  return counts;
}

/** Sums the originals that exist and the reservations of uploads that have no medium yet. */
function usedBytes(media: readonly Counted[], quota: QuotaItem | undefined): number {
  const ids = new Set(media.map(({ id }) => id));
  const reserved = Object.entries(quota?.reserved ?? {}).filter(([id]) => !ids.has(id));
  return (
    media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + reserved.reduce((sum, [, { bytes }]) => sum + bytes, 0)
  );
}
