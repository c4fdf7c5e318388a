import { MediaRepository, originalKey, storageRoots, StoredFolders } from '#media';
import { keyOf, type StoredObject, type TableName } from '#platform';
import { batchesOf, rowChanges, tablesInOrder, writeRows, type RowChange } from '../rows';
import { AT_ONCE, ObjectCopies } from './object-copies';
import type { Side } from './side';

/** What a run has written, or would write. */
export interface MoveReport {
  objects: number;
  copiedObjects: number;
  copiedBytes: number;
  deletedFolders: number;
  rows: number;
}

/** `isOfSource`: it was so before the move, and the copy is the same. */
export interface Difference {
  text: string;
  isOfSource: boolean;
}

/**
 * Makes the tables and objects of the target equal to those of the source, and writes only what differs. So a run
 * continues one that was interrupted, without a record of its progress, and copies what has changed since the last one.
 * Files first, accounts last. Parts that both sides share are left as they are.
 */
export class Move {
  private readonly objects: ObjectCopies;
  private readonly media: MediaRepository;
  private readonly tables: readonly TableName[];
  private readonly sharesFiles: boolean;

  constructor(
    private readonly source: Side,
    private readonly target: Side,
  ) {
    this.objects = new ObjectCopies(source.storage, target.storage);
    this.media = new MediaRepository(source.dynamo);
    this.tables = source.places.tables === target.places.tables ? [] : tablesInOrder;
    this.sharesFiles = source.places.files === target.places.files;
  }

  /** `isDryRun`: only counts what would be written. */
  async run({ isDryRun = false } = {}): Promise<MoveReport> {
    const report = { objects: 0, copiedObjects: 0, copiedBytes: 0, deletedFolders: 0, rows: 0 };
    if (!this.sharesFiles) await this.copyObjects(report, isDryRun);
    for (const table of this.tables) await this.copyRows(table, report, isDryRun);
    return report;
  }

  /** Compares all items, objects by their bytes, and yields those that differ; different bytes are copied again. */
  async *differences(): AsyncGenerator<Difference> {
    if (!this.sharesFiles) yield* this.objectDifferences();
    yield* this.missingOriginals();
    for (const table of this.tables)
      for await (const change of rowChanges(this.source.dynamo, this.target.dynamo, table))
        yield inMove(`${table} ${rowName(table, change)}: has changed in the source since it was copied.`);
  }

  private async copyObjects(report: MoveReport, isDryRun: boolean): Promise<void> {
    for await (const folder of this.objects.outdatedFolders()) {
      report.deletedFolders += 1;
      if (!isDryRun) await this.target.storage.deletePrefix(folder);
    }
    for await (const batch of this.objects.batches())
      await Promise.all(batch.map((object) => this.copyIfMissing(object, report, isDryRun)));
  }

  private async copyIfMissing(object: StoredObject, report: MoveReport, isDryRun: boolean): Promise<void> {
    report.objects += 1;
    if (!(await this.objects.isMissing(object))) return;
    if (!isDryRun) await this.objects.copy(object.key);
    report.copiedObjects += 1;
    report.copiedBytes += object.sizeBytes;
  }

  private async copyRows(table: TableName, report: MoveReport, isDryRun: boolean): Promise<void> {
    const counted = async function* (changes: AsyncIterable<RowChange>) {
      for await (const change of changes) {
        report.rows += 1;
        if (!isDryRun) yield change;
      }
    };
    await writeRows(this.target.dynamo, table, counted(rowChanges(this.source.dynamo, this.target.dynamo, table)));
  }

  private async *objectDifferences(): AsyncGenerator<Difference> {
    for await (const folder of this.objects.outdatedFolders())
      yield inMove(`${folder}: was deleted in the source since it was copied.`);
    for await (const batch of this.objects.batches()) {
      const verify = async ({ key }: StoredObject) =>
        [key, await this.objects.verify(key, await this.uploadedHash(key))] as const;
      for (const [key, outcome] of await Promise.all(batch.map(verify))) {
        if (outcome === 'different') yield inMove(`${key}: the bytes differ, also after they were copied again.`);
        if (outcome === 'damaged') yield inSource(`${key}: has another sha256 than at its upload, in the source too.`);
      }
    }
  }

  private async *missingOriginals(): AsyncGenerator<Difference> {
    for await (const rows of batchesOf(new StoredFolders(this.source.storage, this.source.dynamo).rows(), AT_ONCE)) {
      const keys = rows.flatMap(({ item }) => (item && !item.deletedAt ? [originalKey(item)] : []));
      const found = await Promise.all(keys.map((key) => this.target.storage.stat(key)));
      for (const [at, key] of keys.entries())
        if (!found[at]) yield inSource(`${key}: does not exist, although a medium has it.`);
    }
  }

  /** Returns the sha256 that was recorded when an original was uploaded; null for other objects. */
  private async uploadedHash(key: string): Promise<string | null> {
    const [root, userId, id] = key.split('/') as [string, string, string];
    if (root !== storageRoots.originals || key !== originalKey({ userId, id })) return null;
    return (await this.media.getEvenDeleted({ userId, id }))?.sha256 ?? null;
  }
}

const inMove = (text: string): Difference => ({ text, isOfSource: false });
const inSource = (text: string): Difference => ({ text, isOfSource: true });

const rowName = (table: TableName, change: RowChange) =>
  Object.values('put' in change ? keyOf(table, change.put) : change.delete).join(' ');
