const coalesceMs = 200;
/** A drop of many files changes the counts many times a second; users cannot read them faster than this. */
const repeatMs = 1_000;

/**
 * Returns a function that runs `action` after 200 ms, once for all calls until then and at most once a second, until
 * `signal` aborts.
 */
export function coalesce(action: () => Promise<void>, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ranAtMs = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    timer = undefined;
    ranAtMs = performance.now();
    if (!signal.aborted) void action();
  };
  return () => {
    timer ??= setTimeout(run, Math.max(coalesceMs, ranAtMs + repeatMs - performance.now()));
  };
}

/** Returns a function that calls `draw` in the next frame, once for all calls, and at most once every `gapMs`. */
export function oncePerFrame(draw: () => void, gapMs = 0): () => void {
  let isDue = false;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    isDue = false;
    drawnAtMs = performance.now();
    draw();
  };
  return () => {
    if (isDue) return;
    isDue = true;
    const waitMs = drawnAtMs + gapMs - performance.now();
    if (waitMs <= 0) requestAnimationFrame(run);
    else setTimeout(() => requestAnimationFrame(run), waitMs);
  };
}
