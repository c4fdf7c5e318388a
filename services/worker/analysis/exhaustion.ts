import { statfs } from 'node:fs/promises';

/** Words of the system (errno(3)) when there is no room on a disk. */
const NO_SPACE = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|no room left/;
/** Likewise when there are no file descriptors or processes left. EAGAIN by its code alone: ffmpeg says its words also of its own limits. */
const NO_HANDLES = /EMFILE|ENFILE|EAGAIN|Too many open files/;

export const isOutOfSpace = (words: string) => NO_SPACE.test(words);

/** Whether something broke for want of room on this machine: no fault of the file that was looked at, unless it took the room itself. */
export const isExhaustion = (words: string) => NO_SPACE.test(words) || NO_HANDLES.test(words);

/** Less than any derived file could need. */
const MIN_FREE_BYTES = 1024 ** 2;

/** Whether a folder's disk is full: tools that are cut short do not always say why. */
export async function isDiskFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < MIN_FREE_BYTES;
}
