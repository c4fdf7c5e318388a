import { constants } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { StorageFullError } from './storage';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
const NOT_LINKABLE = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS']);

/** A second name for the same bytes where the file system can do that, else a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!hasCode(error, NOT_LINKABLE)) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** Makes the names in a folder last. One that is gone needs no such thing. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(nullIfAbsent);
  await folder?.sync().finally(() => folder.close());
}

export const isAbsent = (error: unknown) => hasCode(error, ABSENT);

/** For `catch`: turns "not there" into null. */
export function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}

/** A full disk, in the words of the storage port; everything else stays as it is. */
export function asStorageError(error: unknown): unknown {
  return hasCode(error, FULL) ? new StorageFullError((error as Error).message, { cause: error }) : error;
}

const hasCode = (error: unknown, codes: ReadonlySet<string>) => codes.has((error as NodeJS.ErrnoException | null)?.code ?? '');
