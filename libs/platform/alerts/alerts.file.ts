import { renameSync, statSync } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '#contracts';
import { DependencyUnavailableError } from '../errors';
import { syncFolder } from '../storage/disk-files';
import { alertAttributes, type Alerts, type AlertsHealth } from './alerts';

const NEWLINE = '\n';
/** Longer than a write of another process takes. */
const WRITE_MS = 50;
const ROTATE_BYTES = 20 * 1024 ** 2;

/**
 * The topic as a file: one JSON line `{message, attributes}` for each alert. Several processes may append at once. A
 * line that a crash or a full disk truncated stays in the file as a line that is not valid JSON; the next alert
 * starts on a new line. From 20 MiB on, the next alert starts a new file, and the old one becomes `<path>.1`.
 */
export class AlertsFile implements Alerts {
  constructor(private readonly path: string) {}

  async publish(alert: Alert): Promise<void> {
    const line = JSON.stringify({ message: alert, attributes: alertAttributes(alert) }) + NEWLINE;
    await this.withFile(async (file) => {
      const written = (await appendLine(file, line)) || (await appendLine(file, line));
      if (!written) throw new Error(`a line of ${line.length} characters was not written completely to ${this.path}`);
    });
  }

  async check(): Promise<void> {
    await this.withFile(async () => {});
  }

  async health(): Promise<AlertsHealth> {
    await this.check();
    return { state: 'ok', detail: `Alerts are written to ${this.path}.` };
  }

  /** Synchronous, so that a concurrent `publish` cannot rename the new file. */
  private rotate(): void {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) >= ROTATE_BYTES)
      renameSync(this.path, `${this.path}.1`);
  }

  private async withFile(use: (file: FileHandle) => Promise<void>): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      this.rotate();
      await using file = await open(this.path, 'a+', 0o600);
      await use(file);
      await syncFolder(dirname(this.path)); // makes the directory entry of a new file durable
    } catch (error) {
      throw new DependencyUnavailableError('alerts', error);
    }
  }
}

/**
 * Appends in a single write, which O_APPEND keeps separate from writes of other processes, and reads it back.
 * @returns false when it is not complete on a line of its own: the disk is full, or the write of another process was
 * truncated just before.
 */
async function appendLine(file: FileHandle, line: string): Promise<boolean> {
  const { sizeBefore, isTruncated } = await endOf(file);
  await file.write(Buffer.from(isTruncated ? NEWLINE + line : line));
  await file.datasync();
  const tail = sizeBefore === 0 ? NEWLINE + (await textFrom(file, 0)) : await textFrom(file, sizeBefore - 1);
  return tail.includes(NEWLINE + line);
}

/** An incomplete last line counts as truncated when it no longer grows: otherwise another process is writing it. */
async function endOf(file: FileHandle): Promise<{ sizeBefore: number; isTruncated: boolean }> {
  for (let previousSize = -1; ; await sleep(WRITE_MS)) {
    const { size } = await file.stat();
    const isComplete = size === 0 || (await textFrom(file, size - 1)).startsWith(NEWLINE);
    if (isComplete || size === previousSize) return { sizeBefore: size, isTruncated: !isComplete };
    previousSize = size;
  }
}

async function textFrom(file: FileHandle, position: number): Promise<string> {
  const bytes = Buffer.alloc((await file.stat()).size - position);
  await file.read(bytes, 0, bytes.length, position);
  return bytes.toString();
}
