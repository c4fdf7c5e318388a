import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { DependencyUnavailableError } from '../../errors';
import { ObjectMissingError, StorageFullError } from '../storage';

/** A reader that pauses keeps its connection: the SDK's 50 would let readers starve uploads. */
const agent = { maxSockets: 500 };

/** The endpoint is the SDK's own matter (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`). */
export const s3ClientConfig = (region: string) =>
  ({
    region,
    forcePathStyle: true, // understood by S3 and, unlike bucket names in the host, by every look-alike
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000, httpAgent: agent, httpsAgent: agent },
  }) satisfies S3ClientConfig;

const MISSING = new Set(['NoSuchKey', 'NotFound']);
const REFUSED = new Set([401, 403, 429]);
/** Said with status 400 or 404. */
const EXPIRED = new Set(['ExpiredToken', 'TokenRefreshRequired', 'NoSuchBucket']);
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded']); // S3 itself is never full, its look-alikes are

interface S3Failure {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: { throttling?: boolean };
}

/** What went wrong with an object, in the words of the storage port. A refusal that is a mistake of ours stays as it is. */
export function asPortError(error: unknown, key: string): unknown {
  if (error instanceof StorageFullError) return error; // of the disk that the bytes pass through
  const { name = '', message, $metadata } = error as S3Failure;
  if (MISSING.has(name)) return new ObjectMissingError(key);
  if (name === 'InvalidRange') return new RangeError(`Expected a range within the bytes of "${key}"`, { cause: error });
  if (FULL.has(name) || $metadata?.httpStatusCode === 507) return new StorageFullError(message, { cause: error });
  return isUnavailable(error as S3Failure) ? new DependencyUnavailableError('storage', error) : error;
}

/** No HTTP answer at all, a 5xx, a throttle, a bucket that is not there, or no (longer a) permission: somebody mends it. */
function isUnavailable(error: S3Failure): boolean {
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) return !(error instanceof TypeError);
  return status >= 500 || REFUSED.has(status) || EXPIRED.has(error.name ?? '') || error.$retryable?.throttling === true;
}

/** From the last byte of a small request to its answer, over all attempts: below what a client of ours waits for. */
const BASE_MS = 4_000;
const MIB = 1024 ** 2;
/** What is still on its way when the last byte has been taken: two parts in flight and one gathered. */
const MAX_UNSENT_BYTES = 24 * MIB;
/** Slower than this is as good as hanging. */
const UNSENT_BYTES_PER_MS = MIB / 1_000;
/** S3 puts the parts of a large object together before it answers. */
const COMPLETED_BYTES_PER_MS = 100 * 1024;
/** It copies at the speed of its disks, and several parts at once. */
const COPIED_BYTES_PER_MS = 10 * 1024;

/** S3 took a request and said nothing. */
export class NoAnswerError extends Error {
  constructor() {
    super('S3 did not answer in time');
  }
}

/** How long S3 may take from the last byte of an object until it has it all. */
export const storeDeadlineMs = (sizeBytes: number) =>
  Math.ceil(BASE_MS + Math.min(sizeBytes, MAX_UNSENT_BYTES) / UNSENT_BYTES_PER_MS + sizeBytes / COMPLETED_BYTES_PER_MS);

/** How long it may take to copy so many bytes, or to answer what moves none. */
export const copyDeadlineMs = (sizeBytes = 0) => Math.ceil(BASE_MS + sizeBytes / COPIED_BYTES_PER_MS);
