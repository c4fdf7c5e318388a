import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Calls `use` with a private, empty folder (mode 0700) below `parent` and erases it whatever happens. */
export async function withWorkFolder<T>(parent: string, use: (dir: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(parent, 'job-'));
  try {
    return await use(dir);
  } finally {
    await erase(dir);
  }
}

/**
 * Erases the entries of a folder that nobody touched for `olderThanMs`: what killed processes left behind.
 * A folder is as young as its youngest file. Returns how many entries went.
 */
export async function sweepFolder(parent: string, olderThanMs: number): Promise<number> {
  const before = Date.now() - olderThanMs;
  let erased = 0;
  for (const name of await namesIn(parent)) {
    const path = join(parent, name);
    if ((await touchedAtMs(path)) > before) continue;
    await erase(path);
    erased += 1;
  }
  return erased;
}

async function touchedAtMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found) return Number.POSITIVE_INFINITY; // its owner was faster
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = await Promise.all((await namesIn(path)).map((name) => stat(join(path, name)).catch(() => null)));
  return Math.max(found.mtimeMs, ...inside.map((entry) => entry?.mtimeMs ?? 0));
}

const namesIn = (path: string) => readdir(path).catch(() => []);

const erase = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }); // retries EMFILE and EBUSY
