import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { writeSessionSecret } from '#config';
import { CONFIG, Dynamo, STORAGE, type Item, type Storage } from '#platform';
import type { BackupFolder, BackupManifest } from './backup-folder';
import { assertEmptyStorage, assertEmptyTables } from './installation-state';
import { tablesInOrder, writeRows } from './rows';

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
    const tables = tablesInOrder.filter((table) => table in manifest.rows); // older backups have fewer
    for (const table of tables) await writeRows(this.dynamo, table, putsOf(folder.rows(table)));
    const secret = await folder.readSecret();
    if (secret && this.config.mode === 'local') writeSessionSecret(this.config.dataDir, secret);
    return manifest;
  }

  private async assertEmpty(): Promise<void> {
    const advice = 'restore into an empty installation';
    await assertEmptyTables(this.dynamo, this.config.tablePrefix, `${advice} (another DATA_DIR or TABLE_PREFIX).`);
    await assertEmptyStorage(this.storage, `${advice} (another DATA_DIR or S3_BUCKET).`);
  }
}

async function* putsOf(rows: AsyncIterable<Item>): AsyncGenerator<{ put: Item }> {
  for await (const put of rows) yield { put };
}
