import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '#config';

/** Creates the folder if it is missing. @throws {OperatorError} when it is not writable. */
export function createDataDir(dataDir: string): void {
  try {
    createFolder(dataDir);
    accessSync(dataDir, constants.W_OK);
    assertSpace(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const remedy = isFull ? 'free space on its disk' : 'choose a folder that you may write to';
    throw new OperatorError(`DATA_DIR ${dataDir} cannot be used (${code}): ${remedy}`);
  }
}

/** Neither the lock nor the stores can be opened on a full disk. @throws ENOSPC, EDQUOT */
function assertSpace(dataDir: string): void {
  const probe = join(dataDir, `probe.${process.pid}`);
  try {
    writeFileSync(probe, 'probe', { mode: 0o600 });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Level by level: a recursive mkdir of Node never returns below a folder that rejects every name, such as /proc. */
function createFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  createFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}
