import type { Readable } from 'node:stream';
import { OperatorError } from '#config';
import { mediaRoots } from '#media';
import { ObjectMissingError, type Dynamo, type Storage } from '#platform';
import { tableNames } from './backup-folder';

/** @throws {OperatorError} naming the table that has rows, and `advice` */
export async function assertEmptyTables(dynamo: Dynamo, tablePrefix: string, advice: string): Promise<void> {
  for (const table of tableNames) {
    for await (const _ of dynamo.scan(table))
      throw new OperatorError(`The table ${tablePrefix}${table} is not empty: ${advice}`);
  }
}

/** @throws {OperatorError} naming an object, and `advice` */
export async function assertEmptyStorage(storage: Storage, advice: string): Promise<void> {
  for (const root of mediaRoots) {
    for await (const { key } of storage.list(`${root}/`))
      throw new OperatorError(`The storage is not empty (${key}): ${advice}`);
  }
}

/** Returns null for an object that does not exist, or no longer. */
export async function readIfPresent(storage: Storage, key: string): Promise<Readable | null> {
  return storage.read(key).catch((error: unknown) => {
    if (error instanceof ObjectMissingError) return null;
    throw error;
  });
}
