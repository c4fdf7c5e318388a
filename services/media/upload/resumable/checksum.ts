import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { ProblemError } from '#nest';
import { spooled, type SpoolPlace } from '#platform';

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
  throw new ProblemError('malformed_upload', { detail: `Upload-Checksum must be one of ${checksumAlgorithms.join(', ')}, a space, and the digest in base64.` });
}

/** Lets the bytes of a request through once all are there and are those that were sent. @throws {ProblemError} checksum_mismatch */
export function verified<T>(source: Readable, { algorithm, digest }: Checksum, place: SpoolPlace, use: (bytes: Readable) => Promise<T>): Promise<T> {
  const hash = createHash(algorithm);
  const hashed = new PassThrough({ transform: (chunk: Buffer, _encoding, done) => (hash.update(chunk), done(null, chunk)) });
  source.once('error', (error) => hashed.destroy(error));
  return spooled(place, source.pipe(hashed), async (bytes) => {
    if (hash.digest('base64') !== digest) throw new ProblemError('checksum_mismatch');
    return use(bytes);
  });
}
