import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LOOK_EVERY_MS = 60_000;
/** A process that hangs for a minute and a half keeps what it has. */
const LOOKS = 3;

/**
 * Erases what killed processes left in folders whose entries their users touch all the time. Abandoned is what stayed
 * untouched from look to look: no clock is compared, so a machine that slept for hours loses nothing. Any number of processes may do it.
 */
export class TempFileReaper {
  private seen = new Map<string, { touchedAtMs: number; looks: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly folders: readonly string[]) {}

  start(): void {
    this.timer = setInterval(() => void this.reap().catch(() => {}), LOOK_EVERY_MS); // a broken disk: another time
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @returns how many entries went. */
  async reap(): Promise<number> {
    const before = this.seen;
    this.seen = new Map();
    let erased = 0;
    for (const path of (await Promise.all(this.folders.map(entriesOf))).flat()) {
      const touchedAtMs = await lastTouched(path);
      if (touchedAtMs === null) continue; // its owner was faster
      const known = before.get(path);
      const looks = known?.touchedAtMs === touchedAtMs ? known.looks + 1 : 1;
      if (looks <= LOOKS) this.seen.set(path, { touchedAtMs, looks });
      else erased += await rm(path, { recursive: true, force: true }).then(() => 1);
    }
    return erased;
  }
}

/** A folder is as young as its youngest file. */
async function lastTouched(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return found?.mtimeMs ?? null;
  const inside = await Promise.all((await entriesOf(path)).map((entry) => stat(entry).catch(() => null)));
  return Math.max(found.mtimeMs, ...inside.map((entry) => entry?.mtimeMs ?? 0));
}

const entriesOf = async (folder: string) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
