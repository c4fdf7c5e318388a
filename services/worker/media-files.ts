import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { derivedFiles, type Derived } from '#contracts';
import { derivedFolder } from '#media';
import { STORAGE, type Storage } from '#platform';

/** The files a delivery makes. Each delivery has a folder of its own, so a late one never touches the winner's files. */
@Injectable()
export class DerivedFiles {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

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
