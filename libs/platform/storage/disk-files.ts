import { constants } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { DependencyUnavailableError } from '../errors';
import { StorageFullError } from './storage';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/**
 * The disk, its mount or permissions are broken, or the process is out of file descriptors: never the upload's fault.
 */
const BROKEN = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'ESTALE', 'ENODEV', 'EMFILE', 'ENFILE']);
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
const NOT_LINKABLE = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS']);

/** Creates a hard link where the file system supports it, otherwise a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!hasCode(error, NOT_LINKABLE)) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

/** Makes the directory entries of a folder durable (fsync). An absent folder is no error. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(nullIfAbsent);
  await folder?.sync().finally(() => folder.close());
}

export const isAbsent = (error: unknown) => hasCode(error, ABSENT);

/** For `catch`: returns null for an absent file, rethrows any other error. */
export function nullIfAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}

/** Converts the errors of a full or broken disk to those of the storage port; returns other errors unchanged. */
export function asStorageError(error: unknown): unknown {
  if (hasCode(error, BROKEN)) return new DependencyUnavailableError('storage', error);
  return hasCode(error, FULL) ? new StorageFullError((error as Error).message, { cause: error }) : error;
}

const hasCode = (error: unknown, codes: ReadonlySet<string>) =>
  codes.has((error as NodeJS.ErrnoException | null)?.code ?? '');
