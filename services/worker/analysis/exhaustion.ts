import { statfs } from 'node:fs/promises';

/** Messages (errno(3), and ours) of a full disk or an exceeded disk quota. */
const NO_SPACE = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|no space left/;
/**
 * Likewise when the limit of file descriptors or processes is reached. EAGAIN only by its code: ffmpeg prints its
 * message also for limits of its own.
 */
const NO_HANDLES = /EMFILE|ENFILE|EAGAIN|Too many open files/;

export const isOutOfSpace = (message: string) => NO_SPACE.test(message);

/** Whether a failure was caused by exhausted resources of this machine, not by the file (unless it filled the disk). */
export const isExhaustion = (message: string) => NO_SPACE.test(message) || NO_HANDLES.test(message);

/** Less than any derived file needs. */
const MIN_FREE_BYTES = 1024 ** 2;

/** Whether the disk of a folder is full: tools do not always report it. */
export async function isDiskFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < MIN_FREE_BYTES;
}
