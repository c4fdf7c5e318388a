import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { ERRORS, type Upload } from '@tus/server';
import type { Request } from 'express';
import { z } from 'zod';
import type { ProblemCode } from '#contracts';
import { parseWith, ProblemError, type ProblemOptions } from '#nest';
import { withSpool, type SpoolPlace } from '#platform';
import type { UploadDetails } from '../upload/upload.service';

/** What a client may say of an upload. What it says beyond is kept and given back, as tus asks, and means nothing. */
const metadata = z.object({
  filename: z.string().max(4_096).nullish(),
  title: z.string().trim().max(200, 'Use at most 200 characters.').nullish(),
  batch: z
    .string()
    .trim()
    .regex(/^[\x20-\x7e]{0,100}$/, 'Use at most 100 printable ASCII characters.')
    .nullish(),
  onDuplicate: z.enum(['keep', 'reuse']).nullish(),
});

/** @throws {ProblemError} validation_failed */
export function detailsOf(upload: Pick<Upload, 'metadata'>): UploadDetails {
  const { filename, title, batch, onDuplicate } = parseWith(metadata, upload.metadata ?? {});
  return { filename: filename ?? '', title: title || null, batchId: batch || null, onDuplicate: onDuplicate ?? 'keep' };
}

/** tus' own refusals that say more than their status does. */
const byBody = new Map<string, readonly [ProblemCode, ProblemOptions?]>([
  [
    ERRORS.ERR_SIZE_EXCEEDED.body,
    [
      'file_too_large',
      { detail: 'There are more bytes than the upload was announced with. Begin it again with its right length.' },
    ],
  ],
  [ERRORS.INVALID_TERMINATION.body, ['upload_finished']],
  [ERRORS.MISSING_OFFSET.body, ['malformed_upload', { detail: 'Say with Upload-Offset where the bytes belong.' }]],
  [ERRORS.ABORTED.body, ['upload_locked']],
]);

const byStatus: Record<number, ProblemCode> = {
  404: 'not_found',
  409: 'offset_mismatch',
  410: 'upload_expired',
  413: 'file_too_large',
  423: 'upload_locked',
};

/** What tus refused, in the words of the API. `failure` is what was thrown, if anything was. */
export async function tusProblem(failure: unknown, answer: Response): Promise<unknown> {
  if (failure instanceof Error && !('status_code' in failure)) return failure;
  const body = (failure as { body?: string } | undefined)?.body ?? (await answer.text());
  const status = (failure as { status_code?: number } | undefined)?.status_code ?? answer.status;
  const [code, options] = byBody.get(body) ?? [byStatus[status]];
  if (code) return new ProblemError(code, options);
  if (status >= 500 && status !== 501) return new Error(`tus: ${body}`);
  return new ProblemError('malformed_upload', { detail: `${body.trim().replace(/\.$/, '')}.` });
}

/** tus: a server must know sha1. */
export const checksumAlgorithms = ['sha1', 'sha256', 'md5'] as const;

export interface Checksum {
  algorithm: (typeof checksumAlgorithms)[number];
  /** Base64, as it was sent. */
  digest: string;
}

/** The header `Upload-Checksum` (tus, extension checksum): an algorithm and a digest. @throws {ProblemError} malformed_upload */
export function parseChecksum(header: string | undefined): Checksum | null {
  if (header === undefined) return null;
  const [name, digest, ...rest] = header.trim().split(' ');
  const algorithm = checksumAlgorithms.find((known) => known === name);
  if (algorithm && digest && rest.length === 0) return { algorithm, digest };
  throw new ProblemError('malformed_upload', {
    detail: `Upload-Checksum must be one of ${checksumAlgorithms.join(', ')}, a space, and the digest in base64.`,
  });
}

/** Lets the bytes of a request through once all are there and are those that were sent. @throws {ProblemError} checksum_mismatch */
export function verified<T>(
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
  const release = () => {
    clearTimeout(idle);
    req.unpipe(bytes);
  };
  req.on('data', () => idle.refresh());
  req.once('end', () => clearTimeout(idle)); // all is there: what is done with it may take its time
  req.once('close', end);
  req.pipe(bytes);
  if (req.destroyed) {
    // its 'close' may have been before
    release();
    end();
  }
  return { bytes, stalled: () => stalled, release };
}
