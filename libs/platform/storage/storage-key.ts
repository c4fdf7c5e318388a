const SEGMENT = /^[A-Za-z0-9._-]{1,255}$/;
const MAX_KEY_LENGTH = 1_024; // S3's limit; a segment is bounded by the file systems' 255

/**
 * The guard against traversal: no key that passes can name anything outside the storage's own root.
 * @throws {TypeError} when it is no storage key; that is a mistake of the caller, never the owner's.
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

/** @throws {TypeError} when it is no key followed by `/`; so an empty prefix, which would name everything, is none. */
export function assertPrefix(prefix: string): void {
  if (!prefix.endsWith('/'))
    throw new TypeError(`Expected a prefix that ends in "/", but received ${JSON.stringify(prefix.slice(0, 100))}`);
  assertKey(prefix.slice(0, -1));
}

/** @throws {RangeError} as both adapters do when not one byte of the range exists. */
export function assertRange(key: string, range: { start: number; end: number }, sizeBytes: number): void {
  const satisfiable =
    Number.isSafeInteger(range.start) && range.start >= 0 && range.end >= range.start && range.start < sizeBytes;
  if (!satisfiable)
    throw new RangeError(
      `Expected a range within the ${sizeBytes} bytes of "${key}", but received ${range.start}-${range.end}`,
    );
}
