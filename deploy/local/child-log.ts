import { closeSync, copyFileSync, existsSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

const ROTATE_BYTES = 20 * 1024 ** 2;
const TAIL_BYTES = 16 * 1024;
const MAX_LENGTH = 300;

/**
 * The log file of a child: at most 20 MiB, and as much of older lines in `<path>.1`. The child holds its own
 * descriptor, so that it can still write when the supervisor has exited.
 */
export class ChildLog {
  #startBytes = 0;

  constructor(private readonly path: string) {}

  /** Returns a descriptor for the next run; the caller closes it. */
  open(): number {
    this.rotate();
    const descriptor = openSync(this.path, 'a', 0o600);
    this.#startBytes = fstatSync(descriptor).size;
    return descriptor;
  }

  /**
   * Moves a file of 20 MiB or more to `<path>.1`, also while the child runs: by copying and truncating, since the child
   * keeps its descriptor, which appends. Lines that it writes in between (microseconds) are lost.
   */
  rotate(): void {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) < ROTATE_BYTES) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
    this.#startBytes = 0;
  }

  /** Returns the last error that the last run has logged, or ''. */
  lastError(): string {
    if (!existsSync(this.path)) return '';
    const descriptor = openSync(this.path, 'r');
    const from = Math.max(this.#startBytes, fstatSync(descriptor).size - TAIL_BYTES);
    const tail = Buffer.alloc(TAIL_BYTES);
    const bytes = readSync(descriptor, tail, 0, TAIL_BYTES, from);
    closeSync(descriptor);
    return findError(tail.toString('utf8', 0, bytes));
  }
}

/** Returns the last error of a log: a pino line of level error or above, or text that is not part of a stack trace. */
export function findError(log: string): string {
  const errors = log.split('\n').map(parseError);
  return (errors.findLast(Boolean) ?? '').slice(0, MAX_LENGTH);
}

function parseError(line: string): string {
  if (/^(\s|}|\^|Node\.js v\d|$)/.test(line)) return '';
  if (!line.startsWith('{')) return line.trimEnd();
  try {
    const entry = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    return (entry.level ?? 0) >= 50 ? (entry.err?.message ?? entry.msg ?? '') : '';
  } catch {
    return '';
  }
}
