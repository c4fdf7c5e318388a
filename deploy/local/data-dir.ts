import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A start that can not work, in one line for the person who started it. */
export class StartRefusedError extends Error {}

/** @throws {StartRefusedError} when nothing can be written there. */
export function makeDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    throw new StartRefusedError(`DATA_DIR ${dataDir} can not be used (${(error as NodeJS.ErrnoException).code}): choose a folder that you may write to`);
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
