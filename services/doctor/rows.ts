import { isDeepStrictEqual } from 'node:util';
import { keyOf, type Dynamo, type Item, type Key, type TableName } from '#platform';
import { tableNames } from './backup-folder';

/** As many as one request reads. */
const BATCH_SIZE = 100;

export type RowChange = { put: Item } | { delete: Key };

/** Accounts last: what was copied partially is not accessible. */
export const tablesInOrder = tableNames.toReversed();

/** Yields the items in arrays of `size`; the last may have fewer. */
export async function* batchesOf<T>(items: AsyncIterable<T>, size = BATCH_SIZE): AsyncGenerator<T[]> {
  const batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) yield batch.splice(0);
  }
  if (batch.length > 0) yield batch;
}

/** Writes any number of changes. */
export async function writeRows(dynamo: Dynamo, table: TableName, changes: AsyncIterable<RowChange>): Promise<void> {
  for await (const batch of batchesOf(changes)) await dynamo.writeMany(table, batch);
}

/** Yields the changes that make the table of `target` equal to that of `source`. They may be applied meanwhile. */
export async function* rowChanges(source: Dynamo, target: Dynamo, table: TableName): AsyncGenerator<RowChange> {
  for await (const rows of batchesOf(source.scan(table))) {
    const present = await rowsByKey(target, table, rows);
    for (const row of rows) if (!isDeepStrictEqual(present.get(keyText(table, row)), row)) yield { put: row };
  }
  for await (const rows of batchesOf(target.scan(table, Object.keys(keyOf(table, {}))))) {
    const wanted = await rowsByKey(source, table, rows);
    for (const row of rows) if (!wanted.has(keyText(table, row))) yield { delete: keyOf(table, row) };
  }
}

async function rowsByKey(dynamo: Dynamo, table: TableName, rows: Item[]): Promise<Map<string, Item>> {
  const found = await dynamo.getMany(
    table,
    rows.map((row) => keyOf(table, row)),
  );
  return new Map(found.map((row) => [keyText(table, row), row]));
}

const keyText = (table: TableName, row: Item) => JSON.stringify(keyOf(table, row));
