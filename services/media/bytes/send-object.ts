import type { Readable } from 'node:stream';
import { create as contentDisposition } from 'content-disposition';
import type { Request, Response } from 'express';
import parseRange from 'range-parser';
import { ProblemError, sendTo } from '#nest';
import { ObjectMissingError, type ByteRange, type Storage } from '#platform';

export interface ServedObject {
  key: string;
  contentType: string;
  /** A strong validator of exactly these bytes, with its quotes. */
  etag: string;
  filename: string;
  download: boolean;
  cacheControl: string;
}

/** Keeps active content of a user's file from running on our origin, however a browser opens it. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox";

/**
 * Sends stored bytes by RFC 9110: validators, a single range, HEAD.
 * @throws {ProblemError} not_found, range_not_satisfiable
 */
export async function sendObject(storage: Storage, served: ServedObject, req: Request, res: Response): Promise<void> {
  const stat = await storage.stat(served.key);
  if (!stat) throw new ProblemError('not_found');
  res.status(200).set({
    'Content-Type': served.contentType,
    'Content-Disposition': contentDisposition(served.filename, {
      type: served.download ? 'attachment' : 'inline',
      fallback: true,
    }),
    'Content-Security-Policy': SANDBOX,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': served.cacheControl,
    'Accept-Ranges': 'bytes',
    ETag: served.etag,
  });
  if (matchesEtag(req.get('if-none-match'), served.etag)) {
    res.status(304).end();
    return;
  }
  const range = parseRequestedRange(req, served.etag, stat.sizeBytes, res);
  if (range) res.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${stat.sizeBytes}`);
  res.set('Content-Length', String(range ? range.end - range.start + 1 : stat.sizeBytes));
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await sendTo(res, () => read(storage, served.key, range));
}

/**
 * Weak comparison of If-None-Match (RFC 9110, section 13.1.2). Not express' `req.fresh`, which is false for a request
 * with `Cache-Control: no-cache`: that header addresses caches, and `fetch` adds it to requests that set validators
 * themselves.
 */
function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch.trim() === '*' ||
    (ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? []).some((candidate) => candidate.replace(/^W\//, '') === etag)
  );
}

async function read(storage: Storage, key: string, range: ByteRange | undefined): Promise<Readable> {
  return storage.read(key, range).catch((error: unknown) => {
    throw error instanceof ObjectMissingError ? new ProblemError('not_found') : error; // deleted at this moment
  });
}

/**
 * Limits a suffix range to the whole object, as RFC 9110, section 14.1.2 requires; range-parser rejects a longer one.
 */
function withinSize(header: string, sizeBytes: number): string {
  return header.replace(/^(bytes=\s*-)(\d+)\s*$/i, (_, start, length) => start + Math.min(Number(length), sizeBytes));
}

/**
 * Returns the range to send, or undefined to send the whole object. RFC 9110: unknown range units and multiple ranges
 * are ignored (14.2), a range outside the object is 416, and an If-Range that does not match ignores the range
 * (13.1.5).
 */
function parseRequestedRange(req: Request, etag: string, sizeBytes: number, res: Response): ByteRange | undefined {
  const header = req.headers.range;
  if (!header || req.method !== 'GET') return undefined;
  const condition = req.get('if-range');
  if (condition !== undefined && condition !== etag) return undefined;
  const ranges = parseRange(sizeBytes, withinSize(header, sizeBytes));
  if (ranges === -1) {
    res.removeHeader('ETag');
    throw new ProblemError('range_not_satisfiable', { headers: { 'Content-Range': `bytes */${sizeBytes}` } });
  }
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
