import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_MS = 15_000;
/** The part of the time in which the process of a resting product runs JavaScript is far below this. */
const IDLE_UTILIZATION = 0.05;
/** Below, a collection is not worth its pause of some 50 ms. */
const MIN_GROWTH_BYTES = 2 * 1024 ** 2;

let collect: ((options?: object) => void) | undefined;

/** Collects garbage and returns the memory to the system; `last-resort`: compiled code too. Blocks for some 50 ms. */
export function collectGarbage(flavor: 'regular' | 'last-resort' = 'regular'): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as (options?: object) => void;
  }
  collect({ type: 'major', execution: 'sync', flavor });
}

/**
 * Collects garbage whenever the process has been idle: V8 collects when it allocates, so that a process that rests
 * after its start or after a burst of work keeps what it does not use, a fifth of its memory, until the next burst.
 * @returns a function that stops it
 */
export function collectWhenIdle(everyMs = EVERY_MS): () => void {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  let collectedBytes = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const hasGrown = process.memoryUsage().heapUsed > collectedBytes + MIN_GROWTH_BYTES;
    if (utilization > IDLE_UTILIZATION || !hasGrown) return;
    collectGarbage('last-resort');
    collectedBytes = process.memoryUsage().heapUsed;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
