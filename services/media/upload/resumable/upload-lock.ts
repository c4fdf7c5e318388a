import type { Lock, Locker } from '@tus/server';
import { DependencyUnavailableError, type HeldLock, type Locks } from '#platform';

const TTL_MS = 15_000;
/** A request that holds an upload lets go when another asks for it; a connection that is dead already often is the holder. */
const WAIT_MS = 10_000;

export const uploadLockName = (id: string) => `upload:${id}`;

/** One request at a time for each upload, whichever instance it reaches. */
export class UploadLocker implements Locker {
  constructor(private readonly locks: Locks) {}

  newLock(id: string): Lock {
    let held: HeldLock | undefined;
    return {
      lock: async (signal, cancelRequest) => {
        held = await this.locks.acquire(uploadLockName(id), TTL_MS, { waitMs: WAIT_MS, signal, onWanted: () => void cancelRequest() });
      },
      unlock: async () => held?.release(),
    };
  }

  /** Runs `work` alone. Where Redis is away it runs all the same: no other request can be let in meanwhile. */
  async alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const held = await this.locks.acquire(uploadLockName(id), TTL_MS, { waitMs: WAIT_MS }).catch((error: unknown) => {
      if (error instanceof DependencyUnavailableError) return null;
      throw error;
    });
    return work().finally(() => held?.release());
  }
}
