import type { Request } from 'express';
import { PassThrough, type Readable } from 'node:stream';

export interface RequestBody {
  bytes: Readable;
  /** Nothing arrived for too long. */
  stalled(): boolean;
  /** Leaves the rest of the body to whoever answers the request. */
  release(): void;
}

/**
 * The body of a request that may break off: a connection that ends or falls silent ends the stream, as if that were all,
 * so that what has arrived is kept.
 */
export function requestBody(req: Request, idleMs: number): RequestBody {
  const bytes = new PassThrough();
  let stalled = false;
  const end = () => {
    req.unpipe(bytes);
    bytes.end();
  };
  const idle = setTimeout(() => {
    stalled = true;
    end();
  }, idleMs);
  req.on('data', () => idle.refresh());
  req.once('end', () => clearTimeout(idle)); // all is there: what is done with it may take its time
  req.once('close', end);
  req.pipe(bytes);
  const release = () => {
    clearTimeout(idle);
    req.unpipe(bytes);
  };
  return { bytes, stalled: () => stalled, release };
}
