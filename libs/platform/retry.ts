import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 5_000;
const FOR_MS = 30 * 60_000;

/** For what cannot be waited for: tries again and again, as dependencies come back, for half an hour. @returns false when it came to nothing. Never rejects. */
export async function retryFor(work: () => Promise<unknown>): Promise<boolean> {
  for (const giveUpAt = Date.now() + FOR_MS; Date.now() < giveUpAt; await sleep(PAUSE_MS, undefined, { ref: false })) {
    try {
      await work();
      return true;
    } catch {
      // still away
    }
  }
  return false;
}
