const gatherMs = 200;

/** Runs `action` soon, once for all calls until then: a burst of news ends in one request. */
export function gathered(action: () => Promise<void>, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) void action();
    }, gatherMs);
  };
}

/** Many things change between two frames; the screen is drawn once. */
export function oncePerFrame(draw: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
}
