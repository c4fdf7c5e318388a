import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Request, type RequestHandler, type Response } from 'express';

/** The precompressed files that the build writes beside a file where they are smaller, in order of preference. */
const encodings = { br: '.br', gzip: '.gz' };
type Encoding = keyof typeof encodings;
const suffixes = new Map(Object.entries(encodings).map(([encoding, suffix]) => [suffix, encoding]));

/** Returns the name of `file`, or of the smallest precompressed version of it that the client accepts. */
export function negotiateFile(root: string, file: string, req: Request): string {
  const accepted = (Object.keys(encodings) as Encoding[]).find(
    (encoding) => req.acceptsEncodings(encoding) === encoding && existsSync(join(root, file + encodings[encoding])),
  );
  return accepted ? file + encodings[accepted] : file;
}

/** Sets `Content-Encoding`, and the content type of the decoded file, from the path of the file that is sent. */
export function setEncodingHeaders(res: Response, path: string): void {
  res.vary('Accept-Encoding');
  const encoding = suffixes.get(path.slice(path.lastIndexOf('.')));
  if (encoding) res.set('Content-Encoding', encoding).type(path.slice(0, path.lastIndexOf('.')).replace(/^.*\./, ''));
}

/** Serves files whose names contain a hash of their content, with a cache lifetime of a year. */
export function hashedFiles(root: string): RequestHandler {
  const files = express.static(root, {
    immutable: true,
    maxAge: '365d',
    index: false,
    redirect: false,
    setHeaders: setEncodingHeaders,
  });
  return (req, res, next) => {
    // Only names as the build makes them: no others exist here.
    if (/^\/[\w.-]+$/.test(req.path)) req.url = negotiateFile(root, req.path, req);
    files(req, res, next);
  };
}
