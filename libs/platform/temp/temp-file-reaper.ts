import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const SCAN_INTERVAL_MS = 60_000;
/** An entry is abandoned when more scans than this find it unchanged: a process may hang for a minute and a half. */
const MAX_UNCHANGED_SCANS = 3;

/**
 * Deletes entries that killed processes left in folders whose entries are touched periodically while in use. An entry
 * is abandoned when its times do not change from scan to scan. They are not compared with the clock, so nothing in
 * use is deleted after a machine was suspended for hours. Any number of processes may run it.
 */
export class TempFileReaper {
  private seen = new Map<string, { touchedAtMs: number; scans: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly folders: readonly string[]) {}

  start(): void {
    this.timer = setInterval(() => void this.reap().catch(() => {}), SCAN_INTERVAL_MS); // errors: the next scan retries
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @returns the number of deleted entries. */
  async reap(): Promise<number> {
    const before = this.seen;
    this.seen = new Map();
    let erased = 0;
    for (const path of (await Promise.all(this.folders.map(entriesOf))).flat()) {
      const touchedAtMs = await lastTouched(path);
      if (touchedAtMs === null) continue; // deleted by its owner meanwhile
      const known = before.get(path);
      const scans = known?.touchedAtMs === touchedAtMs ? known.scans + 1 : 1;
      if (scans <= MAX_UNCHANGED_SCANS) this.seen.set(path, { touchedAtMs, scans });
      else erased += await rm(path, { recursive: true, force: true }).then(() => 1);
    }
    return erased;
  }
}

/** Returns the time of the last modification; for a folder the latest of itself and its files. */
async function lastTouched(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return found?.mtimeMs ?? null;
  const inside = await Promise.all((await entriesOf(path)).map((entry) => stat(entry).catch(() => null)));
  return Math.max(found.mtimeMs, ...inside.map((entry) => entry?.mtimeMs ?? 0));
}

const entriesOf = async (folder: string) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
