import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DiskReserve, StorageFullError } from '#platform';
import { fillDisk, mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '#testing';
import { DiskSpace } from './disk-room';

const MIB = 1024 ** 2;

(whyNoSmallDisk() ? describe.skip : describe)('DiskRoom on a disk of 20 MiB', () => {
  let disk: SmallDisk;
  let room: DiskSpace;
  const stop = new AbortController();
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    disk = await mountSmallDisk(20 * MIB);
    room = new DiskSpace(new DiskReserve(disk.folder));
  });
  afterEach(() => disk.unmount());

  const leave = (bytes: number) => writeFile(join(disk.folder, 'file'), Buffer.alloc(20 * MIB - bytes));

  it('lets work begin once the reserve is free', async () => {
    const makeRoom = await fillDisk(disk.folder);
    let hasBegun = false;
    const begun = room.waitUntilFree(stop.signal).then(() => (hasBegun = true));
    await sleep(200);
    expect(hasBegun).toBe(false);
    await makeRoom();
    await begun;
  });

  it('holds up no process that stops', async () => {
    await fillDisk(disk.folder);
    await room.waitUntilFree(AbortSignal.timeout(50));
  });

  it('lets work take half of the reserve, and ends it then', async () => {
    await leave(1.5 * MIB);
    await room.runGuarded(stop.signal, async (signal) => {
      await sleep(500);
      signal.throwIfAborted();
    });
    const filling = room.runGuarded(stop.signal, async (signal) => {
      await leave(0.5 * MIB);
      await sleep(5_000, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    });
    await expect(filling).rejects.toThrow(StorageFullError);
  });
});
