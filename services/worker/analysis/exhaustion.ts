/** Words of the system (errno(3)) when the machine has no room, no file descriptors, no processes left. */
const EXHAUSTED = /ENOSPC|EDQUOT|EMFILE|ENFILE|EAGAIN|No space left on device|Disk quota exceeded|Too many open files|Resource temporarily unavailable/;

/** Whether something broke for want of room on this machine: no fault of the file that was looked at, and over sooner or later. */
export const isExhaustion = (words: string) => EXHAUSTED.test(words);
