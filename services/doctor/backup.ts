import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { foldersNamedBy, originalKey, type MediaItem, parsePartitionKey } from '#media';
import { CONFIG, Dynamo, ObjectMissingError, STORAGE, type Item, type Storage } from '#platform';
import { tableNames, type BackupFolder, type BackupNote } from './backup-folder';

/**
 * Copies the whole installation while it runs. Tables first, then the files that they name; a medium that was deleted in
 * between is taken out of the copy again, so that no item in it is without its original. Redis is left out: it holds
 * nothing but sessions, counts of failed logins and wake-ups.
 */
@Injectable()
export class Backup {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dynamo: Dynamo,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** @throws {OperatorError} when the folder is in use. */
  async run(folder: BackupFolder): Promise<BackupNote> {
    const startedAt = new Date().toISOString();
    await folder.make();
    const rows: Record<string, number> = {};
    for (const table of tableNames) rows[table] = await folder.writeRows(table, this.dynamo.scan(table));
    const { copied, ...sizes } = await this.copyObjects(folder, await namedIn(folder));
    rows.media = await folder.writeRows('media', withOriginals(folder, copied));
    if (this.config.mode === 'local') await folder.writeSecret(this.config.sessionSecret());
    const note: BackupNote = { schemaVersion: 1, startedAt, finishedAt: new Date().toISOString(), rows, ...sizes };
    await folder.finish(note);
    return note;
  }

  private async copyObjects(
    folder: BackupFolder,
    named: ReadonlySet<string>,
  ): Promise<{ copied: Set<string>; objects: number; bytes: number }> {
    const copied = new Set<string>();
    let objects = 0;
    let bytes = 0;
    for (const root of ['originals/', 'derived/']) {
      for await (const { key } of this.storage.list(root)) {
        const prefix = key.slice(0, key.lastIndexOf('/') + 1);
        const size = named.has(prefix) ? await this.copy(folder, key) : null;
        if (size === null) continue;
        copied.add(key);
        objects += 1;
        bytes += size;
      }
    }
    return { copied, objects, bytes };
  }

  /** null: deleted at this moment. */
  private async copy(folder: BackupFolder, key: string): Promise<number | null> {
    const bytes = await this.storage.read(key).catch((error: unknown) => {
      if (error instanceof ObjectMissingError) return null;
      throw error;
    });
    return bytes && folder.writeObject(key, bytes);
  }
}

async function namedIn(folder: BackupFolder): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const row of folder.rows('media'))
    for (const prefix of foldersNamedBy(row as unknown as MediaItem)) named.add(prefix);
  return named;
}

/** The copied rows of the media table without media that have lost their original. */
async function* withOriginals(folder: BackupFolder, copied: ReadonlySet<string>): AsyncGenerator<Item> {
  for await (const row of folder.rows('media')) {
    const { userId, id, deletedAt } = row as unknown as MediaItem;
    if (parsePartitionKey(userId).partition || deletedAt || copied.has(originalKey({ userId, id }))) yield row;
  }
}
