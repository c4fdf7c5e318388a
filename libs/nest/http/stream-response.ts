import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Calls `release` once when the response is sent or its connection is closed, immediately if that has happened already:
 * a 'close' listener attached after an `await` may be too late.
 */
export function onClose(res: ServerResponse, release: () => void): void {
  if (res.destroyed) release();
  else res.once('close', release);
}

/**
 * Sends the stream that `open` resolves to as the body. `open` is not called if the client has disconnected, and the
 * stream is destroyed on every path: `pipeline` leaves it open when the response was closed before the call.
 * Rejects with the error of `open` or of the stream; a client that disconnects early is not an error.
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
