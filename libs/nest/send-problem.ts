import type { Request, Response } from 'express';
import { toProblem } from './problem';

const DRAIN_MS = 5_000;
const DRAIN_BYTES = 256 * 1024 ** 2;

/**
 * Answers with what `error` means to a client; for code outside Nest (middlewares, raw handlers).
 * When the answer has begun already nothing sensible can be said any more: the connection is cut, so that nobody takes
 * half an answer for a whole one.
 */
export function sendProblem(req: Request, res: Response, error: unknown): void {
  const problem = toProblem(error);
  res.locals.problem = problem.code;
  if (problem.status >= 500) res.err = error instanceof Error ? error : new Error(String(error)); // logged with the request
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.status(problem.status).set({ 'Cache-Control': 'no-store', ...problem.headers });
  res.type('application/problem+json').send(JSON.stringify(problem.toBody()));
  drain(req);
}

/**
 * A browser reads an early refusal only after it has sent its body, or never when the connection is reset under it
 * (RFC 9112 section 9.6). So the rest is read and thrown away for a moment; then the connection is closed.
 */
function drain(req: Request): void {
  if (req.complete || req.destroyed) return;
  let left = DRAIN_BYTES;
  const close = () => req.socket.destroy();
  const timer = setTimeout(close, DRAIN_MS).unref();
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) close();
  });
  req.once('close', () => clearTimeout(timer));
  req.once('error', close);
  req.resume();
}
