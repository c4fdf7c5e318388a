import { Injectable } from '@nestjs/common';
import {
  isComplete,
  MediaCounters,
  MediaRepository,
  originalKey,
  StoredFolders,
  uploadedItem,
  WordIndex,
  type Sidecar,
  type StoredFolder,
} from '#media';
import { Dynamo, receiptKey, userKey } from '#platform';

export interface Rebuilt {
  made: number;
  present: number;
  /** A sentence for each folder that no item could be made of. */
  left: string[];
  /** Owners of what was made that have no account. */
  strangers: Set<string>;
}

/**
 * Makes the items of a lost media table again, from what lies beside each original. They come back as uploaded and are
 * processed again; titles, descriptions and tags that were changed since are gone. What is there is never touched, so it
 * may run as often as one likes, also while the product runs.
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

  async run(): Promise<Rebuilt> {
    const rebuilt: Rebuilt = { made: 0, present: 0, left: [], strangers: new Set() };
    for await (const folder of this.folders.below('originals')) {
      if (await this.media.getEvenDeleted({ userId: folder.userId!, id: folder.mediaId })) rebuilt.present += 1;
      else await this.rebuild(folder, rebuilt);
    }
    return rebuilt;
  }

  private async rebuild(folder: StoredFolder, rebuilt: Rebuilt): Promise<void> {
    const about = await this.aboutOf(folder);
    const reason = typeof about === 'string' ? about : await this.make(about);
    if (reason) rebuilt.left.push(`${folder.prefix}: ${reason}.`);
    else rebuilt.made += 1;
    if (!reason && !(await this.accountOf(folder.userId!))) rebuilt.strangers.add(folder.userId!);
  }

  /** What lies beside the original, or why it can not be used. */
  private async aboutOf(folder: StoredFolder): Promise<Sidecar | string> {
    const key = { userId: folder.userId!, id: folder.mediaId };
    if (!isComplete(folder)) return 'there is no original with an about.json, so nobody was told that it was uploaded';
    const about = await this.folders.readSidecar(key);
    if (about?.userId !== key.userId || about.id !== key.id)
      return 'its about.json can not be read, or is of another medium';
    const sizeBytes = folder.files[originalKey(key).slice(folder.prefix.length)];
    return sizeBytes === about.sizeBytes
      ? about
      : `its original has ${sizeBytes} bytes, but ${about.sizeBytes} were uploaded`;
  }

  /** In the order of an upload, so that a crash leaves what an upload's crash leaves. @returns why it was not made. */
  private async make(about: Sidecar): Promise<string | null> {
    const { userId, id, sizeBytes } = about;
    if (await this.dynamo.get('users', receiptKey(userId))) return 'its account was deleted';
    if ((await this.counters.reserve(userId, id, sizeBytes, null)) === 'account_deleted')
      return 'its account is being deleted';
    const item = uploadedItem(about);
    await this.words.add(item);
    const event = await this.media.create(item);
    await (event ? this.counters.settle(userId, id) : this.counters.cancel(userId, id, sizeBytes));
    return null;
  }

  private async accountOf(userId: string): Promise<unknown> {
    return this.dynamo.get('users', userKey(userId));
  }
}
