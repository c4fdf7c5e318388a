import { Injectable } from '@nestjs/common';
import {
  isComplete,
  MediaCounters,
  MediaRepository,
  originalKey,
  storageRoots,
  StoredFolders,
  uploadedItem,
  WordIndex,
  type Sidecar,
  type StoredFolder,
} from '#media';
import { Dynamo, receiptKey, userKey } from '#platform';

export interface RebuildReport {
  rebuilt: number;
  present: number;
  /** One sentence for each folder without a rebuilt item. */
  skipped: string[];
  /** Owners of rebuilt media. */
  ownersWithoutAccount: Set<string>;
}

/**
 * Recreates the items of a lost media table from the sidecar of each original. They start as uploaded and are processed
 * again; later changes of title, description and tags are lost. Idempotent: existing items are never changed, so it may
 * be repeated, also while the product runs.
 */
@Injectable()
export class Rebuild {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly folders: StoredFolders,
    private readonly media: MediaRepository,
    private readonly counters: MediaCounters,
    private readonly words: WordIndex,
  ) {}

  async run(): Promise<RebuildReport> {
    const report: RebuildReport = { rebuilt: 0, present: 0, skipped: [], ownersWithoutAccount: new Set() };
    for await (const folder of this.folders.below(storageRoots.originals)) {
      if (await this.media.getEvenDeleted({ userId: folder.userId!, id: folder.mediaId })) report.present += 1;
      else await this.rebuild(folder, report);
    }
    return report;
  }

  private async rebuild(folder: StoredFolder, report: RebuildReport): Promise<void> {
    const sidecar = await this.readSidecarOf(folder);
    const reason = typeof sidecar === 'string' ? sidecar : await this.createItem(sidecar);
    if (reason) report.skipped.push(`${folder.prefix}: ${reason}.`);
    else report.rebuilt += 1;
    if (!reason && !(await this.findAccount(folder.userId!))) report.ownersWithoutAccount.add(folder.userId!);
  }

  /** Returns the sidecar, or the reason why it cannot be used. */
  private async readSidecarOf(folder: StoredFolder): Promise<Sidecar | string> {
    const key = { userId: folder.userId!, id: folder.mediaId };
    if (!isComplete(folder)) return 'there is no original with an about.json, so its upload was never confirmed';
    const sidecar = await this.folders.readSidecar(key);
    if (sidecar?.userId !== key.userId || sidecar.id !== key.id)
      return 'its about.json cannot be read, or describes another medium';
    const sizeBytes = folder.files[originalKey(key).slice(folder.prefix.length)];
    return sizeBytes === sidecar.sizeBytes
      ? sidecar
      : `its original has ${sizeBytes} bytes, but ${sidecar.sizeBytes} were uploaded`;
  }

  /**
   * Writes in the order of an upload, so that the sweeps clean up after a crash as after one of an upload.
   * Returns the reason when no item was created.
   */
  private async createItem(sidecar: Sidecar): Promise<string | null> {
    const { userId, id, sizeBytes } = sidecar;
    if (await this.dynamo.get('users', receiptKey(userId))) return 'its account was deleted';
    if ((await this.counters.reserve(userId, id, sizeBytes, null)) === 'account_deleted')
      return 'its account is being deleted';
    const item = uploadedItem(sidecar);
    await this.words.add(item);
    const event = await this.media.create(item);
    await (event ? this.counters.settle(userId, id) : this.counters.cancel(userId, id));
    return null;
  }

  private async findAccount(userId: string): Promise<unknown> {
    return this.dynamo.get('users', userKey(userId));
  }
}
