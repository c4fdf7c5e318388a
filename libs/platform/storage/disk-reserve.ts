import { statfs } from 'node:fs/promises';
import { Transform, type TransformCallback } from 'node:stream';
import { nullIfAbsent } from './disk-files';
import { StorageFullError } from './storage';

const MIB = 1024 ** 2;
const LARGEST_RESERVE_BYTES = 1024 * MIB;
const RESERVED_SHARE = 0.1;
/** A measurement of free space is valid for this time and this number of bytes, whichever ends first. */
const MEASURED_FOR_MS = 1_000;
const MEASURED_FOR_BYTES = 8 * MIB;

/**
 * `upload`: bytes of a client, which must leave the whole reserve free. `work`: files of a worker, which may use half
 * of it, so that an upload that was just accepted can be processed.
 */
export type DiskUse = 'upload' | 'work';
const RESERVE_FACTOR: Record<DiskUse, number> = { upload: 1, work: 0.5 };

/**
 * The part of a volume that uploads must leave free: 10 % of it, at most 1 GiB. Redis, the DynamoDB emulator and the
 * logs may be on the same volume, and without free space no user could log in to delete files.
 *
 * The limit holds for any number of parallel uploads: every byte is counted before it is written, and the free space
 * is measured again every second and every 8 MiB. Declared sizes are compared individually and not added up;
 * otherwise a client that declares large uploads and sends nothing would block all others.
 */
export class DiskReserve {
  /** Free bytes at the latest measurement minus the bytes counted since. */
  private free = 0;
  private reserve = 0;
  private measuredAt = Number.NEGATIVE_INFINITY;
  private countedBytes = 0;
  private measuring: Promise<void> | null = null;

  /** `folder`: any folder on the volume. `reserveBytes` overrides the default. */
  constructor(
    private readonly folder: string,
    private readonly reserveBytes?: number,
  ) {}

  /** @throws {StorageFullError} when the reserve is not free, or would not be after `sizeBytes` more. */
  async assertSpaceFor(sizeBytes = 0, use: DiskUse = 'upload'): Promise<void> {
    await this.measure();
    this.assertFree(this.free - sizeBytes, use);
  }

  /**
   * Returns a stream that passes bytes through while the reserve stays free, then fails with
   * {@link StorageFullError}.
   */
  guard(use: DiskUse = 'upload'): Transform {
    const pass = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
      this.count(chunk.length, use).then(() => done(null, chunk), done);
    };
    return new Transform({ transform: pass });
  }

  private async count(bytes: number, use: DiskUse): Promise<void> {
    const isOutdated = Date.now() - this.measuredAt > MEASURED_FOR_MS || this.countedBytes + bytes > MEASURED_FOR_BYTES;
    if (isOutdated) await this.measure();
    this.assertFree(this.free - bytes, use);
    this.free -= bytes;
    this.countedBytes += bytes;
  }

  /** Coalesces concurrent measurements: a second one would discard the bytes counted after the first. */
  private async measure(): Promise<void> {
    this.measuring ??= this.measureNow().finally(() => (this.measuring = null));
    await this.measuring;
  }

  /** A folder that does not exist yet and a volume that reports no sizes (some network file systems) count as free. */
  private async measureNow(): Promise<void> {
    const found = await statfs(this.folder).catch(nullIfAbsent);
    this.measuredAt = Date.now();
    this.countedBytes = 0;
    const { blocks, bavail, bsize } = found ?? { blocks: 0, bavail: 0, bsize: 0 };
    this.free = blocks > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
    this.reserve = this.reserveBytes ?? Math.min(LARGEST_RESERVE_BYTES, Math.floor(RESERVED_SHARE * blocks * bsize));
  }

  private assertFree(free: number, use: DiskUse): void {
    const reserved = this.reserve * RESERVE_FACTOR[use];
    if (free >= reserved) return;
    const facts = `${this.free} bytes are free on the disk of ${this.folder}, and ${reserved} of them are reserved`;
    throw new StorageFullError(`No space left on device: ${facts}`); // like ENOSPC, as workers recognize it
  }
}
