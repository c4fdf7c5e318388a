import { setTimeout as sleep } from 'node:timers/promises';

const ASK_EVERY_MS = 500;

/** Asks until nothing is left to complain of. @returns the complaints that stayed. */
export async function until(complaints: () => Promise<string[]>, timeoutMs: number): Promise<string[]> {
  for (const giveUpAt = Date.now() + timeoutMs; ; await sleep(ASK_EVERY_MS)) {
    const left = await complaints();
    if (left.length === 0 || Date.now() > giveUpAt) return left;
  }
}
