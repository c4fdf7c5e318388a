import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Calls `release` once the response is over, whether it was sent or its connection is gone; at once when that has
 * happened already. A listener for 'close' that is attached after an `await` may be too late to be called.
 */
export function onClose(res: ServerResponse, release: () => void): void {
  if (res.destroyed) release();
  else res.once('close', release);
}

/**
 * Sends the stream that `open` resolves to as the body. `open` is not called when the client is gone, and the stream is
 * destroyed on every path: `pipeline` alone leaves it open when the response was closed before it began.
 * Rejects with what `open` or the stream fails with; a client that leaves early is no error.
 */
export async function sendTo(res: ServerResponse, open: () => Promise<Readable>): Promise<void> {
  if (res.destroyed) return;
  const source = await open();
  try {
    if (!res.destroyed) await pipeline(source, res);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    source.destroy();
  }
}
