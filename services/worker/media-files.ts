import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { derivedFiles, type Derived } from '#contracts';
import { derivedFolder, originalKey, type MediaKey } from '#media';
import { STORAGE, type Storage } from '#platform';

/**
 * The original and the derived files of a delivery. Each delivery has its own folder, so a fenced one never overwrites
 * the files of the winner.
 */
@Injectable()
export class MediaFiles {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  /**
   * Calls `use` with a local copy of the original in a private folder, which is deleted afterwards.
   * @throws {ObjectMissingError}
   */
  withOriginal<T>(item: MediaKey, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T> {
    return this.storage.withLocalFile(originalKey(item), use);
  }

  /** Stores the derived files that an analysis wrote to `dir`. Returns their size in bytes. */
  async store(mediaId: string, token: string, dir: string, derived: Derived): Promise<number> {
    let bytes = 0;
    for (const { name, contentType } of derivedFiles(derived)) {
      const { sizeBytes } = await this.storage.writeFile(`${derivedFolder(mediaId, token)}${name}`, join(dir, name), {
        contentType,
      });
      bytes += sizeBytes;
    }
    return bytes;
  }

  async erase(mediaId: string, token: string): Promise<void> {
    await this.storage.deletePrefix(derivedFolder(mediaId, token));
  }

  /** Deletes the files of all deliveries but those that the table names, of the winner and of analyses. */
  async eraseOthers(mediaId: string, isNamed: (token: string) => Promise<boolean>): Promise<void> {
    const folder = derivedFolder(mediaId);
    const tokens = new Set<string>();
    for await (const { key } of this.storage.list(folder)) tokens.add(key.slice(folder.length).split('/')[0]!);
    for (const token of tokens) if (!(await isNamed(token))) await this.erase(mediaId, token);
  }
}
