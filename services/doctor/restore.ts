import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { OperatorError } from '#config';
import { mediaRoots } from '#media';
import { CONFIG, Dynamo, STORAGE, type Item, type Storage, type TableName } from '#platform';
import { tableNames, type BackupFolder, type BackupManifest } from './backup-folder';

const BATCH_SIZE = 100;

/** Restores a backup into an empty installation. Files first, accounts last: a partial restore is not accessible. */
@Injectable()
export class Restore {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dynamo: Dynamo,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** @throws {OperatorError} when the backup is not complete, or the installation is not empty. */
  async run(folder: BackupFolder): Promise<BackupManifest> {
    const manifest = await folder.readManifest();
    await this.assertEmpty();
    for await (const { key, path } of folder.objects()) await this.storage.writeFile(key, path);
    const tables = tableNames.filter((table) => table in manifest.rows); // older backups have fewer
    for (const table of tables.toReversed()) await this.writeRows(table, folder.rows(table));
    const secret = await folder.readSecret();
    if (secret && this.config.mode === 'local') this.writeSecret(secret);
    return manifest;
  }

  private async assertEmpty(): Promise<void> {
    for (const table of tableNames) {
      for await (const _ of this.dynamo.scan(table))
        throw new OperatorError(
          `The table ${this.config.tablePrefix}${table} is not empty: ` +
            'restore into an empty installation (another DATA_DIR or TABLE_PREFIX).',
        );
    }
    for (const root of mediaRoots) {
      for await (const { key } of this.storage.list(`${root}/`))
        throw new OperatorError(
          `The storage is not empty (${key}): restore into an empty installation (another DATA_DIR or S3_BUCKET).`,
        );
    }
  }

  private async writeRows(table: TableName, rows: AsyncIterable<Item>): Promise<void> {
    const batch: Array<{ put: Item }> = [];
    for await (const put of rows) {
      batch.push({ put });
      if (batch.length === BATCH_SIZE) await this.dynamo.writeMany(table, batch.splice(0));
    }
    await this.dynamo.writeMany(table, batch);
  }

  /** Keeps what was signed before valid. */
  private writeSecret(secret: string): void {
    const path = join(this.config.dataDir, 'session-secret');
    writeFileSync(`${path}.restored`, secret, { mode: 0o600 });
    renameSync(`${path}.restored`, path);
  }
}
