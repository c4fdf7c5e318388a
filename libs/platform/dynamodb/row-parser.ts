import type { Item } from './dynamo';

/** A stored row is of a newer version of the product, for example after a rollback. */
export class NewerRowError extends Error {
  constructor(version: number, current: number) {
    super(`A row has schemaVersion ${version}, and this version of SnapStream reads up to ${current}: upgrade it`);
  }
}

/**
 * Returns the parser through which the rows of one kind enter the domain: code sees the current shape only.
 * `upgrades[n]` turns a row of `schemaVersion` n + 1 into one of n + 2, without the version itself; the current version
 * is one more than their number. Rows are rewritten in the current shape when they change.
 * @throws {NewerRowError} by the parser: an older process must not rewrite what it does not understand
 */
export const rowParser =
  <T>(upgrades: ReadonlyArray<(row: Item) => Item> = []) =>
  (row: Item): T => {
    const current = upgrades.length + 1;
    const version = Number(row.schemaVersion);
    if (version === current) return row as T;
    if (!(version < current)) throw new NewerRowError(version, current);
    const upgraded = upgrades.slice(version - 1).reduce((older, upgrade) => upgrade(older), row);
    return { ...upgraded, schemaVersion: current } as T;
  };
