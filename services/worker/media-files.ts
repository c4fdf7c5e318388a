import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { derivedFiles, type Derived } from '#contracts';
import { derivedFolder, originalKey, type MediaKey } from '#media';
import { STORAGE, type Storage } from '#platform';

/** The original and the files that a delivery makes. Each delivery has a folder of its own, so a late one never touches the winner's files. */
@Injectable()
export class MediaFiles {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  /** Calls `use` with a local copy of the original in a private folder, which is erased afterwards. @throws {ObjectMissingError} */
  withOriginal<T>(item: MediaKey, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T> {
    return this.storage.withLocalFile(originalKey(item), use);
  }

  /** Stores what an analysis left in `dir`. @returns its size in bytes. */
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

  /** What deliveries before the winner left behind. */
  async eraseOthers(mediaId: string, winner: string): Promise<void> {
    const folder = derivedFolder(mediaId);
    const tokens = new Set<string>();
    for await (const { key } of this.storage.list(folder)) tokens.add(key.slice(folder.length).split('/')[0]!);
    tokens.delete(winner);
    for (const token of tokens) await this.erase(mediaId, token);
  }
}
