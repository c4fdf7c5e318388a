import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Well below the time after which untouched entries count as abandoned (see temp-file-reaper.ts). */
const HEARTBEAT_MS = 10_000;

export interface TempFolder {
  readonly dir: string;
  erase(): Promise<void>;
}

/** Creates a private, empty folder (mode 0700) below `parent`, in use until it is erased. */
export async function openTempFolder(parent: string, prefix = 'job-'): Promise<TempFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(parent, prefix));
  const release = keepTouched(dir);
  const erase = async () => {
    release();
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }); // retries EMFILE and EBUSY
  };
  return { dir, erase };
}

/** Calls `use` with a folder of `openTempFolder` and always erases it afterwards. */
export async function withTempFolder<T>(parent: string, use: (dir: string) => Promise<T>): Promise<T> {
  const folder = await openTempFolder(parent);
  try {
    return await use(folder.dir);
  } finally {
    await folder.erase();
  }
}

/** Touches a file or folder periodically to mark it as in use, until the returned function is called. */
export function keepTouched(path: string): () => void {
  const touch = () => void utimes(path, new Date(), new Date()).catch(() => {}); // it may not exist yet
  const timer = setInterval(touch, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
