import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { mediaRoots } from '#media';
import type { Dynamo, Storage, TableName } from '#platform';
import { tableNames } from './backup-folder';

/** Returns the rows of a table as sorted text. */
export async function rowsOf({ dynamo }: { dynamo: Dynamo }, table: TableName): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of dynamo.scan(table)) rows.push(inspect(row, { sorted: true, depth: null }));
  return rows.toSorted();
}

/** Returns the keys and contents of all objects that belong to media. */
export async function objectsOf({ storage }: { storage: Storage }): Promise<string[]> {
  const objects: string[] = [];
  for (const root of mediaRoots)
    for await (const { key } of storage.list(`${root}/`))
      objects.push(`${key}: ${await text(await storage.read(key))}`);
  return objects.toSorted();
}

/** Returns all that an installation contains. */
export async function contentOf(installation: { dynamo: Dynamo; storage: Storage }): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = { objects: await objectsOf(installation) };
  for (const table of tableNames) content[table] = await rowsOf(installation, table);
  return content;
}
