import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DiskReserve, StorageFullError } from '#platform';
import { fillDisk, mountSmallDisk, smallDiskObstacle, type SmallDisk } from '#testing';
import { DiskSpace } from './disk-space';

const MIB = 1024 ** 2;

(smallDiskObstacle() ? describe.skip : describe)('DiskSpace on a disk of 20 MiB', () => {
  let disk: SmallDisk;
  let diskSpace: DiskSpace;
  const stop = new AbortController();
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    disk = await mountSmallDisk(20 * MIB);
    diskSpace = new DiskSpace(new DiskReserve(disk.folder));
  });
  afterEach(() => disk.unmount());

  const leaveFree = (bytes: number) => writeFile(join(disk.folder, 'file'), Buffer.alloc(20 * MIB - bytes));

  it('starts work once the reserve is free', async () => {
    const freeDisk = await fillDisk(disk.folder);
    let hasStarted = false;
    const started = diskSpace.waitUntilFree(stop.signal).then(() => (hasStarted = true));
    await sleep(200);
    expect(hasStarted).toBe(false);
    await freeDisk();
    await started;
  });

  it('stops waiting at a shutdown', async () => {
    await fillDisk(disk.folder);
    await diskSpace.waitUntilFree(AbortSignal.timeout(50));
  });

  it('aborts work once it has used half of the reserve', async () => {
    await leaveFree(1.5 * MIB);
    await diskSpace.runGuarded(stop.signal, async (signal) => {
      await sleep(500);
      signal.throwIfAborted();
    });
    const filling = diskSpace.runGuarded(stop.signal, async (signal) => {
      await leaveFree(0.5 * MIB);
      await sleep(5_000, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    });
    await expect(filling).rejects.toThrow(StorageFullError);
  });
});
