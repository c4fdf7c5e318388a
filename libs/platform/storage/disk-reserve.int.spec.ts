import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mountSmallDisk, smallDiskObstacle, type SmallDisk } from '#testing';
import { DiskReserve } from './disk-reserve';
import { StorageFullError } from './storage';

const MIB = 1024 ** 2;

const returnError = (error: unknown) => error;
const chunks = (count: number) => Readable.from(Array.from({ length: count }, () => Buffer.alloc(MIB)));

async function discard(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) void chunk;
}

describe('DiskReserve', () => {
  it.each([
    ['a volume that reports no sizes', '/proc'],
    ['a folder that does not exist yet', join(__dirname, 'absent')],
  ])('treats %s as having free space', async (_, folder) => {
    await new DiskReserve(folder, 1).assertSpaceFor(Number.MAX_SAFE_INTEGER);
  });

  it('reserves at most 1 GiB', async () => {
    const error: unknown = await new DiskReserve(__dirname).assertSpaceFor(Number.MAX_SAFE_INTEGER).catch(returnError);
    const reserved = / (\d+) of them are reserved/.exec(String(error))?.[1];
    expect(Number(reserved)).toBeGreaterThan(0);
    expect(Number(reserved)).toBeLessThanOrEqual(1024 * MIB);
  });

  (smallDiskObstacle() ? describe.skip : describe)('on a disk of 20 MiB', () => {
    let disk: SmallDisk;
    let reserve: DiskReserve;
    beforeEach(async () => {
      disk = await mountSmallDisk(20 * MIB);
      reserve = new DiskReserve(disk.folder);
    });
    afterEach(() => disk.unmount());

    it('reserves 10 % from uploads and half of that from processing', async () => {
      await reserve.assertSpaceFor(18 * MIB);
      await expect(reserve.assertSpaceFor(18 * MIB + 1)).rejects.toThrow(StorageFullError);
      await reserve.assertSpaceFor(19 * MIB, 'work');
      await expect(reserve.assertSpaceFor(19 * MIB + 1, 'work')).rejects.toThrow(StorageFullError);
    });

    it('counts the bytes of parallel uploads between two measurements', async () => {
      await writeFile(join(disk.folder, 'file'), Buffer.alloc(12 * MIB));
      const uploads = Array.from({ length: 4 }, () => pipeline(chunks(2), reserve.guard(), discard));
      const rejected = (await Promise.allSettled(uploads)).filter((outcome) => outcome.status === 'rejected');
      expect(rejected.length).toBeGreaterThan(0);
      for (const { reason } of rejected) expect(reason).toBeInstanceOf(StorageFullError);
    });
  });
});
