const coalesceMs = 200;

/** Returns a function that runs `action` after 200 ms, once for all calls until then, until `signal` aborts. */
export function coalesce(action: () => Promise<void>, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) void action();
    }, coalesceMs);
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
