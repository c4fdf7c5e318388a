import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { AwsAccess } from '#config';
import { DependencyUnavailableError } from '../../errors';
import { ObjectMissingError, StorageFullError } from '../storage';

/** A paused reader keeps its connection: with the SDK's default of 50 sockets readers could starve uploads. */
const agent = { maxSockets: 500 };

/** The SDK itself reads the endpoint (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`), unless `access` names another. */
export const s3ClientConfig = (region: string, { s3Endpoint, ...identity }: AwsAccess = {}) =>
  ({
    region,
    ...identity,
    ...(s3Endpoint && { endpoint: s3Endpoint }),
    forcePathStyle: true, // supported by S3 and, unlike virtual-hosted style, by every S3-compatible server
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000, httpAgent: agent, httpsAgent: agent },
  }) satisfies S3ClientConfig;

const MISSING = new Set(['NoSuchKey', 'NotFound']);
const UNAVAILABLE_STATUSES = new Set([401, 403, 429]);
/** Reported with status 400 or 404. */
const UNAVAILABLE_ERRORS = new Set(['ExpiredToken', 'TokenRefreshRequired', 'NoSuchBucket']);
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded']); // of S3-compatible servers: S3 itself is never full

interface S3Failure {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: { throttling?: boolean };
}

/**
 * Converts an error of S3 to one of the storage port. Errors that indicate a bug in the request are returned
 * unchanged.
 */
export function asPortError(error: unknown, key: string): unknown {
  if (error instanceof StorageFullError) return error; // of the local disk through which the bytes pass
  const { name = '', message, $metadata } = error as S3Failure;
  if (MISSING.has(name)) return new ObjectMissingError(key);
  if (name === 'InvalidRange') return new RangeError(`Expected a range within the bytes of "${key}"`, { cause: error });
  if (FULL.has(name) || $metadata?.httpStatusCode === 507) return new StorageFullError(message, { cause: error });
  return isUnavailable(error as S3Failure) ? new DependencyUnavailableError('storage', error) : error;
}

/**
 * True without an HTTP response, for a 5xx, for throttling, for a missing bucket and for missing or expired
 * permissions, which the operator can fix.
 */
function isUnavailable(error: S3Failure): boolean {
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) return !(error instanceof TypeError);
  return (
    status >= 500 ||
    UNAVAILABLE_STATUSES.has(status) ||
    UNAVAILABLE_ERRORS.has(error.name ?? '') ||
    error.$retryable?.throttling === true
  );
}

/** From the last byte of a small request to its response, over all attempts: shorter than our clients' timeouts. */
const BASE_MS = 4_000;
const MIB = 1024 ** 2;
/** The bytes not yet sent when the source has ended: two parts in flight and one being filled. */
const MAX_UNSENT_BYTES = 24 * MIB;
/** A slower connection counts as hanging. */
const UNSENT_BYTES_PER_MS = MIB / 1_000;
/** S3 assembles the parts of a large object before it responds to CompleteMultipartUpload. */
const COMPLETED_BYTES_PER_MS = 100 * 1024;
/** S3 copies at the speed of its disks, several parts concurrently. */
const COPIED_BYTES_PER_MS = 10 * 1024;

/** S3 accepted a request and did not respond before the deadline. */
export class NoResponseError extends Error {
  constructor() {
    super('S3 did not respond in time');
  }
}

/** Returns how long S3 may take from the last byte of an object until it is stored. */
export const storeDeadlineMs = (sizeBytes: number) =>
  Math.ceil(BASE_MS + Math.min(sizeBytes, MAX_UNSENT_BYTES) / UNSENT_BYTES_PER_MS + sizeBytes / COMPLETED_BYTES_PER_MS);

/** Returns how long S3 may take to copy `sizeBytes`, or to respond to a request that moves none. */
export const copyDeadlineMs = (sizeBytes = 0) => Math.ceil(BASE_MS + sizeBytes / COPIED_BYTES_PER_MS);
