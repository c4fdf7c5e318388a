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

/** The bytes named by a key are not there. */
export class ObjectMissingError extends Error {
  constructor(readonly key: string) {
    super(`Expected an object at "${key}", but there is none`);
  }
}

/** No room left (ENOSPC, EDQUOT): nothing of the object was kept. */
export class StorageFullError extends Error {}

/**
 * Where bytes live: disk or S3. Keys are relative, `/`-separated, of `[A-Za-z0-9._-]` segments, never `.` or `..`:
 * `originals/{userId}/{mediaId}/{name}` and `derived/{mediaId}/{token}/{name}`.
 */
export interface Storage {
  /**
   * Stores a stream whole or not at all. Resolves when the object is durable (disk: fsync and rename; S3: completed).
   * When `source` fails or `signal` aborts it rejects with that reason and leaves nothing. `isUpload`: bytes of a client, which
   * must leave the reserve of a local disk free (see `DiskReserve`).
   * @throws {StorageFullError}
   */
  write(key: string, source: Readable, options?: WriteOptions): Promise<{ sizeBytes: number }>;
  /** Rejects when an upload of `sizeBytes` would not leave the reserve of a local disk free. @throws {StorageFullError} */
  assertRoomFor(sizeBytes: number): Promise<void>;
  /** Stores a finished local file; on the same disk it may be moved or linked instead of copied. @throws {StorageFullError} */
  writeFile(key: string, path: string, options?: { contentType?: string }): Promise<{ sizeBytes: number }>;
  /**
   * Gives the bytes of an object a second key without moving them: a hard link on disk, a copy inside S3. Whole or not at all; replaces what is there.
   * @throws {ObjectMissingError} @throws {StorageFullError}
   */
  copy(from: string, to: string): Promise<void>;
  /** An `end` behind the last byte means the last byte. @throws {ObjectMissingError} @throws {RangeError} when no byte of the range exists. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** null: no such object. */
  stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null>;
  /**
   * Calls `use` with a private, empty folder (mode 0700) that holds the object as a local file, and erases the folder whatever happens.
   * The file is read-only for the caller: on disk storage it may be a hard link to the original.
   * @throws {ObjectMissingError}
   */
  withLocalFile<T>(key: string, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T>;
  /** Erases every object below a prefix (ends in `/`); a second call finds nothing and is fine. */
  deletePrefix(prefix: string): Promise<{ objects: number; bytes: number }>;
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Rejects when objects can not be written now. @throws {StorageFullError} when it is for lack of room. */
  check(): Promise<void>;
}
