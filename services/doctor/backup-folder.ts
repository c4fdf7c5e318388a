import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { OperatorError } from '#config';
import { tables, type Item, type TableName } from '#platform';

export const tableNames = Object.keys(tables) as TableName[];

const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  startedAt: z.string(),
  finishedAt: z.string(),
  rows: z.record(z.string(), z.int()),
  objects: z.int(),
  bytes: z.int(),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

/**
 * A backup on disk: `tables/<table>.ndjson` with one item per line, `objects/<key>`, `session-secret`, and the manifest
 * `backup.json`, written last: a backup without it is incomplete. The folder contains all data and secrets: mode 0700.
 */
export class BackupFolder {
  private readonly root: string;

  constructor(path: string) {
    this.root = resolve(path);
  }

  /** Creates the folder. @throws {OperatorError} when it exists and is not empty */
  async create(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    if ((await readdir(this.root)).length > 0)
      throw new OperatorError(`${this.root} is not empty: choose a new folder for the backup.`);
    for (const name of ['tables', 'objects']) await mkdir(join(this.root, name), { mode: 0o700 });
  }

  /** Writes the rows of a table, replacing the file if it exists. Returns their number. */
  async writeRows(table: TableName, rows: AsyncIterable<Item>): Promise<number> {
    const path = this.tablePath(table);
    let count = 0;
    await using file = await open(`${path}.part`, 'w', 0o600);
    for await (const row of rows) {
      await file.appendFile(`${JSON.stringify(row)}\n`);
      count += 1;
    }
    await file.sync();
    await rename(`${path}.part`, path);
    return count;
  }

  async *rows(table: TableName): AsyncGenerator<Item> {
    for await (const line of createInterface({ input: createReadStream(this.tablePath(table)) }))
      yield JSON.parse(line) as Item;
  }

  async writeObject(key: string, bytes: Readable): Promise<number> {
    const path = join(this.root, 'objects', key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = createWriteStream(path, { mode: 0o600, flush: true });
    await pipeline(bytes, file);
    return file.bytesWritten;
  }

  /** Object keys and the paths of their files. */
  async *objects(): AsyncGenerator<{ key: string; path: string }> {
    const root = join(this.root, 'objects');
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      yield { key: path.slice(root.length + 1).replaceAll('\\', '/'), path };
    }
  }

  async writeSecret(secret: string): Promise<void> {
    await writeFile(join(this.root, 'session-secret'), secret, { mode: 0o600 });
  }

  async readSecret(): Promise<string | null> {
    return readFile(join(this.root, 'session-secret'), 'utf8').catch(() => null);
  }

  async writeManifest(manifest: BackupManifest): Promise<void> {
    await writeFile(join(this.root, 'backup.json'), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  }

  /** @throws {OperatorError} when the folder is not a complete backup of this version */
  async readManifest(): Promise<BackupManifest> {
    const text = await readFile(join(this.root, 'backup.json'), 'utf8').catch(() => null);
    if (text === null) throw new OperatorError(`${this.root} is not a complete backup: it contains no backup.json.`);
    const manifest = manifestSchema.safeParse(JSON.parse(text));
    if (!manifest.success)
      throw new OperatorError(`${this.root} was made by another version of SnapStream: restore it with that one.`);
    return manifest.data;
  }

  private tablePath(table: TableName): string {
    return join(this.root, 'tables', `${table}.ndjson`);
  }
}
