import { mediaStatuses } from '#contracts';
import { Dynamo, equals, missing, shardOf, shards } from '#platform';
import { countersOf, countRow, freshRow, QUOTA_ROW, type CountItem, type QuotaItem } from './media.counters';
import type { MediaItem } from './media.item';

const counted = ['total', ...mediaStatuses, 'originalBytes', 'derivedBytes'] as const;
type Counts = Partial<Record<(typeof counted)[number] | 'usedBytes', number>>;

/** A row of counts that does not say what the media say. */
export interface Drift {
  userId: string;
  /** Id of the row. */
  row: string;
  is: Counts;
  shouldBe: Counts;
}

type Counted = Pick<MediaItem, 'id' | 'status' | 'sizeBytes' | 'derivedBytes' | 'deletedAt' | 'pending'>;
const fields = ['id', 'status', 'sizeBytes', 'derivedBytes', 'deletedAt', 'pending'] as const;

interface Judged extends Drift {
  /** Of the row that was read, if there was one: tells whether anything was counted since. */
  found: { version?: number } | undefined;
}

/**
 * Counts the media of a user anew. Only while all is quiet: an event that is not confirmed may or may not be counted yet.
 * The rows are read before the media, and corrected only where nothing was counted in between.
 */
export class MediaRecount {
  constructor(private readonly dynamo: Dynamo) {}

  /** Rows that are wrong; null: events are on their way, ask again later. */
  async compare(userId: string): Promise<Drift[] | null> {
    return (await this.judge(userId))?.map(({ row, is, shouldBe }) => ({ userId, row, is, shouldBe })) ?? null;
  }

  /** Puts wrong rows right. @returns those it did. */
  async correct(userId: string): Promise<Drift[]> {
    const corrected: Drift[] = [];
    for (const { row, is, shouldBe, found } of (await this.judge(userId)) ?? []) {
      if (await this.write({ userId: countersOf(userId), id: row }, shouldBe, found))
        corrected.push({ userId, row, is, shouldBe });
    }
    return corrected;
  }

  private async write(key: { userId: string; id: string }, shouldBe: Counts, found: Judged['found']): Promise<boolean> {
    if (!found) return this.dynamo.put('media', { ...freshRow(key), ...shouldBe }, missing('id'));
    const unchanged = found.version === undefined ? missing('version') : equals('version', found.version);
    return (
      (await this.dynamo.update('media', key, {
        set: Object.entries(shouldBe),
        add: [['version', 1]],
        when: unchanged,
      })) !== null
    );
  }

  private async judge(userId: string): Promise<Judged[] | null> {
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
    const judged = shards.map((shard) =>
      judge(userId, countRow(shard), rowOf(countRow(shard)), tally(media.filter(({ id }) => shardOf(id) === shard))),
    );
    const quota = rowOf(QUOTA_ROW);
    if (quota?.erasedAt) return []; // the account goes, and its counts with it
    judged.push(judge(userId, QUOTA_ROW, quota, { usedBytes: usedBytes(media, quota) }));
    return judged.filter((row) => row !== null);
  }
}

function judge(
  userId: string,
  row: string,
  found: (Counts & { version?: number }) | undefined,
  shouldBe: Counts,
): Judged | null {
  const names = Object.keys(shouldBe) as Array<keyof Counts>;
  const is = Object.fromEntries(names.map((name) => [name, found?.[name] ?? 0]));
  if (names.every((name) => is[name] === shouldBe[name])) return null;
  return { userId, row, is, shouldBe, found };
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

/** Originals that exist, and room that is reserved for those that are about to. */
function usedBytes(media: readonly Counted[], quota: QuotaItem | undefined): number {
  const ids = new Set(media.map(({ id }) => id));
  const reserved = Object.entries(quota?.reserved ?? {}).filter(([id]) => !ids.has(id));
  return (
    media.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + reserved.reduce((sum, [, { bytes }]) => sum + bytes, 0)
  );
}
