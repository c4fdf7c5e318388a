import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processStart, runningInstallation } from '#config';
import { killGroup } from './child';

interface LivingProcess {
  pid: number;
  started: string;
}
interface Owner extends LivingProcess {
  /** What it started: should it die alone, the next owner waits for these to leave before it touches the folder. */
  children: LivingProcess[];
}

/** Another supervisor works on this folder. */
export class FolderInUseError extends Error {
  constructor(dataDir: string, pid: number) {
    const running = runningInstallation(dataDir);
    super(
      `SnapStream runs on ${dataDir} already (pid ${pid}${running ? `, ${running.url}` : ', starting or stopping'})`,
    );
  }
}

const LEAVE_MS = 12_000;

/** One supervisor per DATA_DIR. A lock whose owner is dead is no lock. */
export class DataLock {
  readonly #path: string;
  readonly #self: LivingProcess = { pid: process.pid, started: processStart(process.pid) ?? '' };

  private constructor(private readonly dataDir: string) {
    this.#path = join(dataDir, 'lock');
  }

  /** @throws {FolderInUseError} */
  static async take(dataDir: string): Promise<DataLock> {
    const lock = new DataLock(dataDir);
    while (!lock.#tryTake()) {
      const owner = readOwner(lock.#path);
      if (owner && isAlive(owner)) throw new FolderInUseError(dataDir, owner.pid);
      if (owner) await childrenLeft(owner.children);
      lock.#removeDead();
    }
    return lock;
  }

  /** Notes who is to be gone before another may start here. */
  recordChildren(pids: number[]): void {
    const children = pids.map((pid) => ({ pid, started: processStart(pid) ?? '' }));
    try {
      renameSync(this.#draft({ ...this.#self, children }), this.#path);
    } catch {
      // a full disk: the older note stays, and a precaution must not stop what runs
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** link(2) is atomic and fails when the name is taken: of two that start together, one wins. */
  #tryTake(): boolean {
    const draft = this.#draft({ ...this.#self, children: [] });
    try {
      linkSync(draft, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      rmSync(draft);
    }
  }

  /** Between our look and our move another may have taken the dead one's place: then it gets its lock back. */
  #removeDead(): void {
    const aside = `${this.#path}.${process.pid}.dead`;
    try {
      renameSync(this.#path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const moved = readOwner(aside);
    if (moved && isAlive(moved)) {
      renameSync(aside, this.#path);
      throw new FolderInUseError(this.dataDir, moved.pid);
    }
    rmSync(aside);
  }

  #draft(owner: Owner): string {
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(owner), { mode: 0o600 });
    return draft;
  }
}

function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return null; // gone, or cut short by a crash of the machine
  }
}

/** Children of a supervisor that was killed stop by themselves; those that do not within 12 s are killed. */
async function childrenLeft(children: readonly LivingProcess[]): Promise<void> {
  const deadline = Date.now() + LEAVE_MS;
  while (children.some(isAlive) && Date.now() < deadline) await sleep(50);
  for (const child of children.filter(isAlive)) killGroup(child.pid, 'SIGKILL');
}
