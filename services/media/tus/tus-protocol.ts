import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { ERRORS, type Upload } from '@tus/server';
import type { Request } from 'express';
import { z } from 'zod';
import { cleanLine, type ProblemCode } from '#contracts';
import { parseWith, ProblemError, type ProblemOptions } from '#nest';
import { withSpool, type SpoolPlace } from '#platform';
import { watchForStall } from '../upload/stall';
import type { UploadDetails } from '../upload/upload.service';

/** The known keys of Upload-Metadata. Others are stored and returned, as tus requires, and ignored. */
const metadata = z.object({
  filename: z.string().max(4_096).nullish(),
  title: z.string().overwrite(cleanLine).max(200, 'Use at most 200 characters.').nullish(),
  batch: z
    .string()
    .trim()
    .regex(/^[\x20-\x7e]{0,100}$/, 'Use at most 100 printable ASCII characters.')
    .nullish(),
  onDuplicate: z.enum(['keep', 'reuse']).nullish(),
});

/** Returns the details of an upload from its metadata. @throws {ProblemError} validation_failed */
export function parseDetails(upload: Pick<Upload, 'metadata'>): UploadDetails {
  const { filename, title, batch, onDuplicate } = parseWith(metadata, upload.metadata ?? {});
  return { filename: filename ?? '', title: title || null, batchId: batch || null, onDuplicate: onDuplicate ?? 'keep' };
}

/** Errors of tus' server whose problem follows from the body, not from the status alone. */
const problemsByBody = new Map<string, readonly [ProblemCode, ProblemOptions?]>([
  [
    ERRORS.ERR_SIZE_EXCEEDED.body,
    [
      'file_too_large',
      { detail: 'There are more bytes than Upload-Length declared. Create the upload again with its right length.' },
    ],
  ],
  [ERRORS.INVALID_TERMINATION.body, ['upload_finished']],
  [ERRORS.MISSING_OFFSET.body, ['malformed_upload', { detail: 'Send Upload-Offset with the position of the bytes.' }]],
  [ERRORS.ABORTED.body, ['upload_locked']],
]);

const problemsByStatus: Record<number, ProblemCode> = {
  404: 'not_found',
  409: 'offset_mismatch',
  410: 'upload_expired',
  413: 'file_too_large',
  423: 'upload_locked',
};

/** Returns the problem for an error response of tus. `failure`: the error that tus caught, if any. */
export async function tusProblem(failure: unknown, response: Response): Promise<unknown> {
  if (failure instanceof Error && !('status_code' in failure)) return failure;
  const body = (failure as { body?: string } | undefined)?.body ?? (await response.text());
  const status = (failure as { status_code?: number } | undefined)?.status_code ?? response.status;
  const [code, options] = problemsByBody.get(body) ?? [problemsByStatus[status]];
  if (code) return new ProblemError(code, options);
  if (status >= 500 && status !== 501) return new Error(`tus: ${body}`);
  return new ProblemError('malformed_upload', { detail: `${body.trim().replace(/\.$/, '')}.` });
}

/** tus, extension checksum: servers must support sha1. */
export const checksumAlgorithms = ['sha1', 'sha256', 'md5'] as const;

export interface Checksum {
  algorithm: (typeof checksumAlgorithms)[number];
  /** In base64. */
  digest: string;
}

/**
 * Parses the header `Upload-Checksum` (tus, extension checksum): an algorithm and a digest. Returns null without one.
 * @throws {ProblemError} malformed_upload
 */
export function parseChecksum(header: string | undefined): Checksum | null {
  if (header === undefined) return null;
  const [name, digest, ...rest] = header.trim().split(' ');
  const algorithm = checksumAlgorithms.find((known) => known === name);
  if (algorithm && digest && rest.length === 0) return { algorithm, digest };
  throw new ProblemError('malformed_upload', {
    detail: `Upload-Checksum must be one of ${checksumAlgorithms.join(', ')}, a space, and the digest in base64.`,
  });
}

/**
 * Spools the bytes, and calls `use` with them once their checksum was verified.
 * @throws {ProblemError} checksum_mismatch
 */
export function withVerifiedBytes<T>(
  source: Readable,
  { algorithm, digest }: Checksum,
  place: SpoolPlace,
  use: (bytes: Readable) => Promise<T>,
): Promise<T> {
  const hash = createHash(algorithm);
  const hashed = new PassThrough({
    transform: (chunk: Buffer, _encoding, done) => (hash.update(chunk), done(null, chunk)),
  });
  return withSpool(place, [source, hashed], async (bytes) => {
    if (hash.digest('base64') !== digest) throw new ProblemError('checksum_mismatch');
    return use(bytes);
  });
}

export interface RequestBody {
  bytes: Readable;
  /** Whether it was ended because no or hardly any bytes arrived. */
  stalled(): boolean;
  /** Stops reading: the rest of the body is left unread. */
  release(): void;
}

/**
 * Returns the body of a request as a stream that ends normally when the connection closes or stalls, so that the bytes
 * received so far are stored.
 */
export function requestBody(req: Request, idleMs: number): RequestBody {
  const bytes = new PassThrough();
  let stalled = false;
  const end = () => {
    req.unpipe(bytes);
    bytes.end();
  };
  const stopWatch = watchForStall(req, idleMs, () => {
    stalled = true;
    end();
  });
  const release = () => {
    stopWatch();
    req.unpipe(bytes);
  };
  req.once('close', end);
  req.pipe(bytes);
  if (req.destroyed) {
    // 'close' may have been emitted already
    release();
    end();
  }
  return { bytes, stalled: () => stalled, release };
}
