import { writeSync } from 'node:fs';

/** Writes lines, which include their newline. Never throws. */
export interface LogOutput {
  write(line: string): void;
}

/**
 * Writes each line synchronously to a file descriptor, so that none is lost when the process exits right afterwards.
 * A line that cannot be written (ENOSPC, EIO, EPIPE; EAGAIN of a non-blocking pipe that is not read) is dropped: a
 * full disk must neither block nor crash a process, and sonic-boom's `flushSync`, which pino's `fatal` calls, retries
 * such a write every 100 ms forever. Before the next line that can be written comes `notice`, which says how many
 * were dropped.
 */
export function logOutput(descriptor: number, notice: (dropped: number) => string): LogOutput {
  let dropped = 0;
  let isTruncated = false;

  /** @returns false when the line, or the rest of it, was dropped. */
  const append = (line: string): boolean => {
    const bytes = Buffer.from(isTruncated ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      isTruncated = false;
    } catch {
      isTruncated ||= written > 0;
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
