import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  folder: string;
  unmount(): Promise<void>;
}

/** Returns the reason why a small disk cannot be mounted here, or null. */
export const smallDiskObstacle = (): string | null =>
  process.getuid?.() === 0 && hasProgram('mount') ? null : 'only root can mount a small disk';

const hasProgram = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

/** Mounts a tmpfs of `sizeBytes` in a new folder. */
export async function mountSmallDisk(sizeBytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  const unmount = async () => {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  };
  return { folder, unmount };
}

/** Fills the disk of a folder. @returns a function that frees the space again */
export async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const ballast = join(folder, 'ballast');
  for (const size of [1024 ** 2, 64 * 1024, 4 * 1024]) {
    const bytes = Buffer.alloc(size);
    while (
      await writeFile(ballast, bytes, { flag: 'a' }).then(
        () => true,
        () => false,
      )
    );
  }
  return () => rm(ballast);
}
