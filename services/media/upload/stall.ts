import type { Readable } from 'node:stream';

/** Less is not a slow connection (GPRS has 50 times as much), but a client that keeps an upload open on purpose. */
const MIN_BYTES_PER_SECOND = 128;
/** The rate is measured over so many idle periods (10 minutes by default), so that a connection may pause. */
const PERIODS = 10;

/**
 * Calls `onStall` once when no byte of a body arrives for `idleMs`, or fewer than 128 bytes a second over ten such
 * periods: one byte in each period must not hold an upload for ever.
 * @returns a function that ends the watch
 */
export function watchForStall(body: Readable, idleMs: number, onStall: () => void): () => void {
  let received = 0;
  const minBytes = (MIN_BYTES_PER_SECOND * PERIODS * idleMs) / 1_000;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    idle.refresh();
  };
  const stop = () => {
    clearTimeout(idle);
    clearInterval(rate);
    body.off('data', count);
  };
  const stall = () => {
    stop();
    onStall();
  };
  const idle = setTimeout(() => {
    if (body.isPaused()) idle.refresh(); // nothing is read now, because the quota is reserved or the disk is busy
    else stall();
  }, idleMs);
  const rate = setInterval(() => {
    if (received < minBytes) stall();
    received = 0;
  }, PERIODS * idleMs);
  body.on('data', count);
  body.once('end', stop); // complete: processing it may take longer
  return stop;
}
