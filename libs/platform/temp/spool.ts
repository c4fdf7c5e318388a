import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asStorageError } from '../storage/disk-files';
import type { DiskReserve } from '../storage/disk-reserve';
import { withTempFolder } from './temp-folder';

export interface SpoolPlace {
  workDir: string;
  reserve: DiskReserve;
}

/**
 * Writes an upload through its transforms to a private file below `workDir`, and calls `use` with the bytes once it is
 * complete. For uploads that must be validated completely before any byte is passed on.
 * @throws {StorageFullError}
 */
export async function withSpool<T>(
  { workDir, reserve }: SpoolPlace,
  streams: readonly [source: Readable, ...through: Transform[]],
  use: (bytes: Readable) => Promise<T>,
): Promise<T> {
  return withTempFolder(workDir, async (dir) => {
    const path = join(dir, 'spooled');
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline([...streams, reserve.guard(), file]).catch((error: unknown) => {
      throw asStorageError(error);
    });
    const bytes = createReadStream(path);
    return use(bytes).finally(() => bytes.destroy());
  });
}
