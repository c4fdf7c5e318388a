import { writeSync } from 'node:fs';

/** Takes lines, each with its newline. Never throws. */
export interface LogOutput {
  write(line: string): void;
}

/**
 * Writes each line to a file descriptor at once, so that none is lost when the process exits right afterwards. A line that
 * cannot be written (ENOSPC, EIO, EPIPE; EAGAIN of a non-blocking pipe that is not read) is dropped: a full disk must neither
 * block nor end a process, and sonic-boom's `flushSync`, which pino's `fatal` calls, retries such a write every 100 ms for
 * ever. The next line that can be written follows `notice`, a line that says how many were dropped.
 */
export function logOutput(descriptor: number, notice: (dropped: number) => string): LogOutput {
  let dropped = 0;
  let isTorn = false;

  /** @returns false when the line, or the rest of it, was dropped. */
  const append = (line: string): boolean => {
    const bytes = Buffer.from(isTorn ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      isTorn = false;
    } catch {
      isTorn ||= written > 0;
    }
    return written === bytes.length;
  };

  return {
    write: (line) => {
      const canWrite = dropped === 0 || append(`${notice(dropped)}\n`);
      if (canWrite) dropped = 0;
      if (!canWrite || !append(line)) dropped += 1;
    },
  };
}
