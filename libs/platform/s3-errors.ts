import { DependencyUnavailableError } from './errors';
import { ObjectMissingError, StorageFullError } from './storage';

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
