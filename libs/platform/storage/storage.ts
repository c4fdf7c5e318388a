import type { Readable } from 'node:stream';

export interface StoredObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** Inclusive byte positions, as in RFC 9110 section 14.1.2. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface WriteOptions {
  contentType?: string;
  signal?: AbortSignal;
  isUpload?: boolean;
}

/** There is no object with this key. */
export class ObjectMissingError extends Error {
  constructor(readonly key: string) {
    super(`Expected an object at "${key}", but there is none`);
  }
}

/** No space left (ENOSPC, EDQUOT); nothing of the object was kept. */
export class StorageFullError extends Error {}

/**
 * Stores objects on disk or in S3. Keys are relative, `/`-separated, of `[A-Za-z0-9._-]` segments, never `.` or `..`:
 * `originals/{userId}/{mediaId}/{name}` and `derived/{mediaId}/{token}/{name}`.
 */
export interface Storage {
  /**
   * Stores a stream atomically. Resolves when the object is durable (disk: fsync and rename; S3: upload completed).
   * When `source` fails or `signal` aborts it rejects with that reason and leaves nothing. `isUpload`: bytes of a
   * client, which must leave the reserve of a local disk free (see `DiskReserve`).
   * @throws {StorageFullError}
   */
  write(key: string, source: Readable, options?: WriteOptions): Promise<{ sizeBytes: number }>;
  /**
   * Rejects when an upload of `sizeBytes` would not leave the reserve of a local disk free. @throws
   * {StorageFullError}
   */
  assertSpaceFor(sizeBytes: number): Promise<void>;
  /** Stores a finished local file; on the same disk it may be linked instead of copied. @throws {StorageFullError} */
  writeFile(key: string, path: string, options?: { contentType?: string }): Promise<{ sizeBytes: number }>;
  /**
   * Copies an object to another key without transferring its bytes: a hard link on disk, a server-side copy in S3.
   * Atomic; replaces an existing object.
   * @throws {ObjectMissingError} @throws {StorageFullError}
   */
  copy(from: string, to: string): Promise<void>;
  /**
   * Reads an object or a range of it. An `end` after the last byte means the last byte.
   * @throws {ObjectMissingError}
   * @throws {RangeError} when no byte of the range exists.
   */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Returns null when there is no such object. */
  stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null>;
  /**
   * Calls `use` with a private folder (mode 0700) that contains only the object as a local file, and always erases the
   * folder afterwards. The caller must not change the file: on disk storage it may be a hard link to the original.
   * @throws {ObjectMissingError}
   */
  withLocalFile<T>(key: string, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T>;
  /** Deletes every object below a prefix (ends in `/`). Idempotent. Returns the number of deleted objects and bytes. */
  deletePrefix(prefix: string): Promise<{ objects: number; bytes: number }>;
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Rejects when objects cannot be written. @throws {StorageFullError} when the disk is full. */
  check(): Promise<void>;
}
