import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Response } from 'express';

/** What the build writes beside each file it pays for, the smallest first. */
const encodings = { br: '.br', gzip: '.gz' };
type Encoding = keyof typeof encodings;
const suffixes = new Map(Object.entries(encodings).map(([encoding, suffix]) => [suffix, encoding]));

/** The name under which `file` lies in `root` as small as the client takes it. */
export function smallest(root: string, file: string, req: Request): string {
  const usable = (Object.keys(encodings) as Encoding[]).find(
    (encoding) => req.acceptsEncodings(encoding) === encoding && existsSync(join(root, file + encodings[encoding])),
  );
  return usable ? file + encodings[usable] : file;
}

/** To be called with the path of each file that is sent: says how it is encoded, and what it is beneath. */
export function describeEncoding(res: Response, path: string): void {
  res.vary('Accept-Encoding');
  const encoding = suffixes.get(path.slice(path.lastIndexOf('.')));
  if (encoding) res.set('Content-Encoding', encoding).type(path.slice(0, path.lastIndexOf('.')).replace(/^.*\./, ''));
}

/** Files whose names carry a hash of their content: kept for ever. */
export function hashedFiles(root: string): RequestHandler {
  const files = express.static(root, {
    immutable: true,
    maxAge: '365d',
    index: false,
    redirect: false,
    setHeaders: describeEncoding,
  });
  return (req, res, next) => {
    // Names of ours alone: the rest is not there anyway.
    if (/^\/[\w.-]+$/.test(req.path)) req.url = smallest(root, req.path, req);
    files(req, res, next);
  };
}
