const SEGMENT = /^[A-Za-z0-9._-]{1,255}$/;
const MAX_KEY_LENGTH = 1_024; // S3's limit; file systems limit a segment to 255

/**
 * Prevents path traversal: a valid key cannot refer to anything outside the root of the storage.
 * @throws {TypeError} when it is not a storage key, which is a bug in the caller and never the user's fault.
 */
export function assertKey(key: string): void {
  const isKey =
    key.length <= MAX_KEY_LENGTH &&
    key.split('/').every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
  if (!isKey)
    throw new TypeError(
      `Expected a storage key such as "originals/user/medium/name", but received ${JSON.stringify(key.slice(0, 100))}`,
    );
}

/**
 * @throws {TypeError} when it is not a key followed by `/`; this excludes an empty prefix, which would match
 * everything.
 */
export function assertPrefix(prefix: string): void {
  if (!prefix.endsWith('/'))
    throw new TypeError(`Expected a prefix that ends in "/", but received ${JSON.stringify(prefix.slice(0, 100))}`);
  assertKey(prefix.slice(0, -1));
}

/** @throws {RangeError} when no byte of the range exists, the same for both adapters. */
export function assertRange(key: string, range: { start: number; end: number }, sizeBytes: number): void {
  const satisfiable =
    Number.isSafeInteger(range.start) && range.start >= 0 && range.end >= range.start && range.start < sizeBytes;
  if (!satisfiable)
    throw new RangeError(
      `Expected a range within the ${sizeBytes} bytes of "${key}", but received ${range.start}-${range.end}`,
    );
}
