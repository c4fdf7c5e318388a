import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A start that can not work, in one line for the person who started it. */
export class StartRefusedError extends Error {}

/** @throws {StartRefusedError} when nothing can be written there. */
export function makeDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK);
    assertRoom(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const remedy = isFull ? 'make room on its disk' : 'choose a folder that you may write to';
    throw new StartRefusedError(`DATA_DIR ${dataDir} can not be used (${code}): ${remedy}`);
  }
}

/** Neither the lock nor the stores can be opened on a disk that takes no byte. */
function assertRoom(dataDir: string): void {
  const probe = join(dataDir, `room.${process.pid}`);
  try {
    writeFileSync(probe, 'room', { mode: 0o600 });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** One by one: the recursive mkdir of Node never returns where a parent refuses every name, as /proc does. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}
