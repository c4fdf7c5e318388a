import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { syncFolder } from '../storage/disk-files';
import { alertAttributes, type Alerts } from './alerts';

const NEWLINE = '\n';
/** Longer than one write takes. */
const NEIGHBOUR_MS = 50;

/**
 * The topic as a file: one JSON line `{message, attributes}` for each alert. Several processes may append at once.
 * A line that a crash or a full disk tore stays behind as a line that is no JSON; it never spoils the next one.
 */
export class AlertsFile implements Alerts {
  constructor(private readonly path: string) {}

  async publish(alert: Alert): Promise<void> {
    const line = JSON.stringify({ message: alert, attributes: alertAttributes(alert) }) + NEWLINE;
    await this.withFile(async (file) => {
      const written = (await appendLine(file, line)) || (await appendLine(file, line));
      if (!written)
        throw new Error(`Expected ${this.path} to take a line of ${line.length} characters, but it did not`);
    });
  }

  async check(): Promise<void> {
    await this.withFile(async () => {});
  }

  private async withFile(use: (file: FileHandle) => Promise<void>): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await using file = await open(this.path, 'a+', 0o600);
      await use(file);
      await syncFolder(dirname(this.path)); // the file's own name, when it is new
    } catch (error) {
      throw new DependencyUnavailableError('alerts', error);
    }
  }
}

/**
 * Appends in a single write, which O_APPEND keeps apart from the writes of others, and looks at the outcome.
 * @returns false when it does not stand whole on a line of its own: the disk is full, or a neighbour's write was torn just before.
 */
async function appendLine(file: FileHandle, line: string): Promise<boolean> {
  const { sizeBefore, isTorn } = await endOf(file);
  await file.write(Buffer.from(isTorn ? NEWLINE + line : line));
  await file.datasync();
  const tail = sizeBefore === 0 ? NEWLINE + (await textFrom(file, 0)) : await textFrom(file, sizeBefore - 1);
  return tail.includes(NEWLINE + line);
}

/** The size of a file grows while a neighbour's line is being written: torn is one that stays as it is. */
async function endOf(file: FileHandle): Promise<{ sizeBefore: number; isTorn: boolean }> {
  for (let seen = -1; ; await sleep(NEIGHBOUR_MS)) {
    const { size } = await file.stat();
    const isWhole = size === 0 || (await textFrom(file, size - 1)).startsWith(NEWLINE);
    if (isWhole || size === seen) return { sizeBefore: size, isTorn: !isWhole };
    seen = size;
  }
}

async function textFrom(file: FileHandle, position: number): Promise<string> {
  const bytes = Buffer.alloc((await file.stat()).size - position);
  await file.read(bytes, 0, bytes.length, position);
  return bytes.toString();
}
