import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mediaRoots } from '#media';
import type { Storage, StoredObject } from '#platform';
import { readIfPresent } from '../installation-state';
import { batchesOf } from '../rows';

/** How many objects are compared or copied at once: a request to S3 takes tens of milliseconds. */
export const AT_ONCE = 16;

/** The objects of media in two storages. A key names the same bytes for ever, except `about.json`. */
export class ObjectCopies {
  constructor(
    private readonly source: Storage,
    private readonly target: Storage,
  ) {}

  /** Yields the objects of the source in batches that may be processed concurrently. */
  async *batches(): AsyncGenerator<StoredObject[]> {
    for (const root of mediaRoots) yield* batchesOf(this.source.list(`${root}/`), AT_ONCE);
  }

  /** Whether the target lacks an object: writes are atomic, so that one of the same size was copied completely. */
  async isMissing({ key, sizeBytes }: StoredObject): Promise<boolean> {
    return (await this.target.stat(key))?.sizeBytes !== sizeBytes;
  }

  /** Yields the folders of the target that contain an object which the source does not have any more. */
  async *outdatedFolders(): AsyncGenerator<string> {
    for (const root of mediaRoots) {
      for await (const batch of batchesOf(this.target.list(`${root}/`), AT_ONCE)) {
        const found = await Promise.all(batch.map(async ({ key }) => ((await this.source.stat(key)) ? null : key)));
        yield* new Set(found.flatMap((key) => (key === null ? [] : [key.slice(0, key.lastIndexOf('/') + 1)])));
      }
    }
  }

  /** An object that was deleted since it was listed is skipped. */
  async copy(key: string): Promise<void> {
    const bytes = await readIfPresent(this.source, key);
    if (bytes) await this.target.write(key, bytes);
  }

  /**
   * Compares the bytes of an object on both sides and copies it again where they differ. An original whose copy has
   * the sha256 of its upload is not read from the source.
   * @returns `different` where the copy still differs, `damaged` where the source itself differs from `uploaded`
   */
  async verify(key: string, uploaded: string | null): Promise<'equal' | 'different' | 'damaged'> {
    const copied = await sha256Of(this.target, key);
    if (copied !== null && copied === uploaded) return 'equal';
    const wanted = await sha256Of(this.source, key);
    if (copied !== wanted) await this.copy(key);
    if (copied !== wanted && (await sha256Of(this.target, key)) !== wanted) return 'different';
    return uploaded === null || uploaded === wanted ? 'equal' : 'damaged';
  }
}

async function sha256Of(storage: Storage, key: string): Promise<string | null> {
  const bytes: Readable | null = await readIfPresent(storage, key);
  if (!bytes) return null;
  const hash = createHash('sha256');
  await pipeline(bytes, hash);
  return hash.digest('hex');
}
