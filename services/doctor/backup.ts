import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { foldersNamedBy, mediaRoots, originalKey, type MediaItem, parsePartitionKey } from '#media';
import { CONFIG, Dynamo, STORAGE, type Item, type Storage } from '#platform';
import { tableNames, type BackupFolder, type BackupManifest } from './backup-folder';
import { readIfPresent } from './installation-state';

/**
 * Copies the whole installation while it runs: tables first, then the files that they reference. A medium that was
 * deleted in between is removed from the copy, so that every item in it has its original. Redis is left out: it holds
 * only sessions, counts of failed logins and wake-ups.
 */
@Injectable()
export class Backup {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dynamo: Dynamo,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** @throws {OperatorError} when the folder is not empty */
  async run(folder: BackupFolder): Promise<BackupManifest> {
    const startedAt = new Date().toISOString();
    await folder.create();
    const rows: Record<string, number> = {};
    for (const table of tableNames) rows[table] = await folder.writeRows(table, this.dynamo.scan(table));
    const { copied, ...sizes } = await this.copyObjects(folder, await referencedFolders(folder));
    rows.media = await folder.writeRows('media', withOriginals(folder, copied));
    if (this.config.mode === 'local') await folder.writeSecret(this.config.sessionSecret());
    const manifest: BackupManifest = {
      schemaVersion: 1,
      startedAt,
      finishedAt: new Date().toISOString(),
      rows,
      ...sizes,
    };
    await folder.writeManifest(manifest);
    return manifest;
  }

  private async copyObjects(
    folder: BackupFolder,
    referenced: ReadonlySet<string>,
  ): Promise<{ copied: Set<string>; objects: number; bytes: number }> {
    const copied = new Set<string>();
    let objects = 0;
    let bytes = 0;
    for (const root of mediaRoots) {
      for await (const { key } of this.storage.list(`${root}/`)) {
        const prefix = key.slice(0, key.lastIndexOf('/') + 1);
        const size = referenced.has(prefix) ? await this.copy(folder, key) : null;
        if (size === null) continue;
        copied.add(key);
        objects += 1;
        bytes += size;
      }
    }
    return { copied, objects, bytes };
  }

  /** Returns the size in bytes, or null when the object was deleted since it was listed. */
  private async copy(folder: BackupFolder, key: string): Promise<number | null> {
    const bytes = await readIfPresent(this.storage, key);
    return bytes && folder.writeObject(key, bytes);
  }
}

async function referencedFolders(folder: BackupFolder): Promise<Set<string>> {
  const prefixes = new Set<string>();
  for await (const row of folder.rows('media'))
    for (const prefix of foldersNamedBy(row as unknown as MediaItem)) prefixes.add(prefix);
  return prefixes;
}

/** The copied rows of the media table, without media whose original was not copied. */
async function* withOriginals(folder: BackupFolder, copied: ReadonlySet<string>): AsyncGenerator<Item> {
  for await (const row of folder.rows('media')) {
    const { userId, id, deletedAt } = row as unknown as MediaItem;
    if (parsePartitionKey(userId).partition || deletedAt || copied.has(originalKey({ userId, id }))) yield row;
  }
}
