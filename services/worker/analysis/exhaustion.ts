import { statfs } from 'node:fs/promises';

/** Words of the system (errno(3)) when the machine has no room, no file descriptors, no processes left. */
const EXHAUSTED = /ENOSPC|EDQUOT|EMFILE|ENFILE|EAGAIN|No space left on device|Disk quota exceeded|Too many open files|Resource temporarily unavailable/;

/** Whether something broke for want of room on this machine: no fault of the file that was looked at, and over sooner or later. */
export const isExhaustion = (words: string) => EXHAUSTED.test(words);

/** Less than any derived file could need. */
const NO_ROOM_BYTES = 1024 ** 2;

/** Whether a folder's disk is full: tools that are cut short do not always say why. */
export async function hasNoRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < NO_ROOM_BYTES;
}
