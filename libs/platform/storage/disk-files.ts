import { constants } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { DependencyUnavailableError } from '../errors';
import { StorageFullError } from './storage';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** The disk, its mount or its rights are broken, or the process has no file descriptors left: nothing an upload could help. */
const BROKEN = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'ESTALE', 'ENODEV', 'EMFILE', 'ENFILE']);
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

/** A full or a broken disk, in the words of the storage port; everything else stays as it is. */
export function asStorageError(error: unknown): unknown {
  if (hasCode(error, BROKEN)) return new DependencyUnavailableError('storage', error);
  return hasCode(error, FULL) ? new StorageFullError((error as Error).message, { cause: error }) : error;
}

const hasCode = (error: unknown, codes: ReadonlySet<string>) =>
  codes.has((error as NodeJS.ErrnoException | null)?.code ?? '');
