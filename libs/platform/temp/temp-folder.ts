import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Well below the time after which what nobody touches counts as abandoned (see temp-file-reaper.ts). */
const HEARTBEAT_MS = 10_000;

export interface TempFolder {
  readonly dir: string;
  erase(): Promise<void>;
}

/** Makes a private, empty folder (mode 0700) below `parent`, in use until it is erased. */
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

/** Calls `use` with a folder of `openWorkFolder` and erases it whatever happens. */
export async function withTempFolder<T>(parent: string, use: (dir: string) => Promise<T>): Promise<T> {
  const folder = await openTempFolder(parent);
  try {
    return await use(folder.dir);
  } finally {
    await folder.erase();
  }
}

/** Touches a file or folder now and then, until what it returns is called: whoever uses it lives. */
export function keepTouched(path: string): () => void {
  const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS); // it may not be there yet
  timer.unref();
  return () => clearInterval(timer);
}
