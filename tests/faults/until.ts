import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 500;

/** Polls until `find` finds nothing. @returns what it still finds at the timeout. */
export async function until(find: () => Promise<string[]>, timeoutMs: number): Promise<string[]> {
  for (const giveUpAt = Date.now() + timeoutMs; ; await sleep(POLL_MS)) {
    const left = await find();
    if (left.length === 0 || Date.now() > giveUpAt) return left;
  }
}
