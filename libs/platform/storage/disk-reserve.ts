import { statfs } from 'node:fs/promises';
import { Transform, type TransformCallback } from 'node:stream';
import { nullIfAbsent } from './disk-files';
import { StorageFullError } from './storage';

const MIB = 1024 ** 2;
const LARGEST_RESERVE_BYTES = 1024 * MIB;
const RESERVED_SHARE = 0.1;
/** A measurement serves for so long and for so many bytes, whichever ends first. */
const MEASURED_FOR_MS = 1_000;
const MEASURED_FOR_BYTES = 8 * MIB;

/**
 * `upload`: bytes of a client, which leave the whole reserve free. `work`: what a worker makes of them, which may take half
 * of it, so that an upload that was just accepted can be processed.
 */
export type DiskUse = 'upload' | 'work';
const SHARE_LEFT: Record<DiskUse, number> = { upload: 1, work: 0.5 };

/**
 * The part of a volume that stays free of uploads: 10 % of it, at most 1 GiB. Redis, the DynamoDB emulator and the logs may
 * lie on the same volume, and without room to write no user could log in and delete anything.
 *
 * It holds for any number of parallel uploads because every byte is counted before it is written, and the free bytes are
 * measured again every second and every 8 MiB. Declared sizes are each compared by itself and not added up: otherwise a
 * client that declares much and sends nothing would keep the others out.
 */
export class DiskReserve {
  /** Bytes, as of the latest measurement, less what was counted since. */
  private free = 0;
  private reserve = 0;
  private measuredAt = Number.NEGATIVE_INFINITY;
  private countedBytes = 0;
  private measuring: Promise<void> | null = null;

  /** `folder`: any on the volume. `reserveBytes`: other than the default. */
  constructor(
    private readonly folder: string,
    private readonly reserveBytes?: number,
  ) {}

  /** @throws {StorageFullError} when the reserve is touched, or would be by `sizeBytes` more. */
  async assertRoomFor(sizeBytes = 0, use: DiskUse = 'upload'): Promise<void> {
    await this.measure();
    this.assertFree(this.free - sizeBytes, use);
  }

  /** Passes bytes on for as long as they leave the reserve free; then fails with {@link StorageFullError}. */
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

  /** One at a time: a second one under way would forget what was counted after the first. */
  private async measure(): Promise<void> {
    this.measuring ??= this.measureNow().finally(() => (this.measuring = null));
    await this.measuring;
  }

  /** A folder that is not there yet, and a volume that gives no sizes (some network file systems), count as room. */
  private async measureNow(): Promise<void> {
    const found = await statfs(this.folder).catch(nullIfAbsent);
    this.measuredAt = Date.now();
    this.countedBytes = 0;
    const { blocks, bavail, bsize } = found ?? { blocks: 0, bavail: 0, bsize: 0 };
    this.free = blocks > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
    this.reserve = this.reserveBytes ?? Math.min(LARGEST_RESERVE_BYTES, Math.floor(RESERVED_SHARE * blocks * bsize));
  }

  private assertFree(free: number, use: DiskUse): void {
    const kept = this.reserve * SHARE_LEFT[use];
    if (free >= kept) return;
    const facts = `${this.free} bytes are free on the disk of ${this.folder}, and ${kept} of them are reserved`;
    throw new StorageFullError(`no room left: ${facts}`);
  }
}
