import type { Lock, Locker } from '@tus/server';
import { ProblemError } from '#nest';
import { DependencyUnavailableError, LockTimeoutError, type HeldLock, type Locks } from '#platform';

const TTL_MS = 15_000;
/** A request that holds an upload lets go when another asks for it; a connection that is dead already often is the holder. Below what a client waits for. */
const WAIT_MS = 3_000;

export const uploadLockName = (id: string) => `upload:${id}`;

/** One request at a time for each upload, whichever instance it reaches. */
export class UploadLocker implements Locker {
  constructor(
    private readonly locks: Locks,
    private readonly waitMs = WAIT_MS,
  ) {}

  newLock(id: string): Lock {
    let held: HeldLock | undefined;
    return {
      lock: async (signal, cancelRequest) => {
        const onWanted = () => void cancelRequest();
        held = await this.acquire(id, { signal, onWanted });
        held.lost.addEventListener('abort', onWanted); // somebody else may write already
      },
      unlock: async () => held?.release(),
    };
  }

  /** Runs `work` alone. Where Redis is away it runs all the same: no other request can be let in meanwhile. @throws {ProblemError} upload_locked */
  async alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const held = await this.acquire(id).catch((error: unknown) => {
      if (error instanceof DependencyUnavailableError) return null;
      throw error;
    });
    return work().finally(() => held?.release());
  }

  private async acquire(id: string, options: { signal?: AbortSignal; onWanted?: () => void } = {}): Promise<HeldLock> {
    try {
      return await this.locks.acquire(uploadLockName(id), TTL_MS, { waitMs: this.waitMs, ...options });
    } catch (error) {
      throw error instanceof LockTimeoutError ? new ProblemError('upload_locked', { headers: { 'Retry-After': '5' }, cause: error }) : error;
    }
  }
}
