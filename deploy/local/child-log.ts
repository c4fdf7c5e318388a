import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';

const ROTATE_BYTES = 20 * 1024 ** 2;
const TAIL_BYTES = 16 * 1024;
const MAX_WORDS = 300;

/** The file that takes what a child writes. The child holds it open itself, so it can write on when the supervisor is gone. */
export class ChildLog {
  #startBytes = 0;

  constructor(private readonly path: string) {}

  /** A descriptor for the next run of the child; the caller closes it. A file of 20 MiB or more becomes `<path>.1` first. */
  open(): number {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) >= ROTATE_BYTES) {
      rmSync(`${this.path}.1`, { force: true });
      renameSync(this.path, `${this.path}.1`);
    }
    const descriptor = openSync(this.path, 'a', 0o600);
    this.#startBytes = fstatSync(descriptor).size;
    return descriptor;
  }

  /** The line that most likely says why the last run ended; '' when it wrote nothing telling. */
  lastWords(): string {
    if (!existsSync(this.path)) return '';
    const descriptor = openSync(this.path, 'r');
    const from = Math.max(this.#startBytes, fstatSync(descriptor).size - TAIL_BYTES);
    const tail = Buffer.alloc(TAIL_BYTES);
    const bytes = readSync(descriptor, tail, 0, TAIL_BYTES, from);
    closeSync(descriptor);
    return tellingLine(tail.toString('utf8', 0, bytes));
  }
}

/** The last error of a log: a pino line of level error or above, or plain text that is not part of a stack trace. */
export function tellingLine(log: string): string {
  const words = log.split('\n').map(wordsOf);
  return (words.findLast(Boolean) ?? '').slice(0, MAX_WORDS);
}

function wordsOf(line: string): string {
  if (/^(\s|}|\^|Node\.js v\d|$)/.test(line)) return '';
  if (!line.startsWith('{')) return line.trimEnd();
  try {
    const entry = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    return (entry.level ?? 0) >= 50 ? (entry.err?.message ?? entry.msg ?? '') : '';
  } catch {
    return '';
  }
}
