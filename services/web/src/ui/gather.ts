const gatherMs = 200;

/** Runs `action` soon, once for all calls until then: a burst of news ends in one request. */
export function coalesce(action: () => Promise<void>, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) void action();
    }, gatherMs);
  };
}

/** Many things change between two frames; the screen is drawn once, and with `gapMs` not again before that has passed. */
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
