import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 5_000;
const FOR_MS = 30 * 60_000;

/**
 * Retries `work` every 5 s for half an hour, until the dependencies are available again. For background work: never
 * rejects and does not keep the process running.
 * @returns false when every attempt failed.
 */
export async function retryFor(work: () => Promise<unknown>): Promise<boolean> {
  for (const giveUpAt = Date.now() + FOR_MS; Date.now() < giveUpAt; await sleep(PAUSE_MS, undefined, { ref: false })) {
    try {
      await work();
      return true;
    } catch {
      // still unavailable
    }
  }
  return false;
}
