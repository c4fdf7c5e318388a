import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, OperatorError, processStart, runningInstallation } from '#config';
import { killGroup } from './child';

interface ProcessRef {
  pid: number;
  started: string;
}
interface Owner extends ProcessRef {
  /** Its child processes: after a crash of the owner, the next one waits until these have exited. */
  children: ProcessRef[];
}

const CHILDREN_EXIT_MS = 12_000;

/**
 * Ensures one supervisor per DATA_DIR, by a lock file. The lock of an owner that has ended is stale and is taken over.
 */
export class DataLock {
  readonly #path: string;
  readonly #self: ProcessRef = { pid: process.pid, started: processStart(process.pid) ?? '' };

  private constructor(private readonly dataDir: string) {
    this.#path = join(dataDir, 'lock');
  }

  /** @throws {OperatorError} */
  static async acquire(dataDir: string): Promise<DataLock> {
    const lock = new DataLock(dataDir);
    while (!lock.#tryAcquire()) {
      const owner = readOwner(lock.#path);
      if (owner && isAlive(owner)) throw folderInUse(dataDir, owner.pid);
      if (owner) await waitForChildren(owner.children);
      lock.#removeStale();
    }
    return lock;
  }

  /** Records the processes that must have exited before another supervisor may start here. */
  recordChildren(pids: number[]): void {
    const children = pids.map((pid) => ({ pid, started: processStart(pid) ?? '' }));
    try {
      renameSync(this.#draft({ ...this.#self, children }), this.#path);
    } catch {
      // a full disk: the older record is kept, and the running services are not affected
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** link(2) is atomic and fails when the name exists, so only one of two concurrent starts succeeds. */
  #tryAcquire(): boolean {
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

  /** Between reading and renaming, another start may have replaced the stale lock: then its lock is put back. */
  #removeStale(): void {
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
      throw folderInUse(this.dataDir, moved.pid);
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
    return null; // released meanwhile, or truncated by a power cut
  }
}

/** Waits for the children of a killed supervisor, which exit by themselves, and kills those that do not within 12 s. */
async function waitForChildren(children: readonly ProcessRef[]): Promise<void> {
  const deadline = Date.now() + CHILDREN_EXIT_MS;
  while (children.some(isAlive) && Date.now() < deadline) await sleep(50);
  for (const child of children.filter(isAlive)) killGroup(child.pid, 'SIGKILL');
}

function folderInUse(dataDir: string, pid: number): OperatorError {
  const running = runningInstallation(dataDir);
  const state = running ? running.url : 'starting or stopping';
  return new OperatorError(`SnapStream runs on ${dataDir} already (pid ${pid}, ${state})`);
}
