import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { OperatorError } from '#config';
import { retry, type RetryOptions } from '#platform';
import type { ModelEntry } from './models';

const run = promisify(execFile);
/** The connection of a long download is lost now and then. */
const RETRIES: RetryOptions = { everyMs: 2_000, forMs: 60_000 };

/** Models in a folder, one folder each. */
export class ModelStore {
  constructor(
    private readonly folder: string,
    private readonly models: Record<string, ModelEntry>,
    private readonly retries = RETRIES,
  ) {}

  /** All models; `path` is null for those that are not here. */
  async list(): Promise<Array<ModelEntry & { name: string; path: string | null }>> {
    const here = new Set(await readdir(this.folder).catch(() => []));
    return Object.entries(this.models).map(([name, entry]) => ({
      ...entry,
      name,
      path: here.has(name) ? this.pathOf(name) : null,
    }));
  }

  /**
   * Downloads a model unless it is here. An interrupted download continues where it has ended.
   * @returns the path of its folder
   * @throws {OperatorError} when it cannot be downloaded, or has other bytes than expected
   */
  async get(name: string, onProgress: (percent: number) => void = () => {}): Promise<string> {
    const entry = this.entry(name);
    const path = this.pathOf(name);
    if (await sizeOf(path)) return path;
    await mkdir(this.folder, { recursive: true });
    const part = join(this.folder, `${name}.part`);
    const attempt = () => download(entry, part, onProgress);
    await retry(attempt, this.retries).catch((error: Error) => {
      throw new OperatorError(`${entry.address} cannot be downloaded: ${error.message}. Run the command again.`);
    });
    if ((await sha256Of(part)) !== entry.sha256) {
      await rm(part);
      throw new OperatorError(`${entry.address} has not the expected checksum. It was deleted; run the command again.`);
    }
    await this.unpack(part, path);
    return path;
  }

  /** @throws {OperatorError} when there is no such model */
  async remove(name: string): Promise<void> {
    this.entry(name);
    await rm(this.pathOf(name), { recursive: true, force: true });
    await rm(join(this.folder, `${name}.part`), { force: true });
  }

  private pathOf = (name: string) => join(this.folder, name);

  private entry(name: string): ModelEntry {
    const entry = Object.hasOwn(this.models, name) ? this.models[name] : undefined;
    if (entry) return entry;
    throw new OperatorError(`There is no model "${name}". There are: ${Object.keys(this.models).join(', ')}.`);
  }

  /** Unpacks an archive beside the folder that it becomes, so that there is never half a model. */
  private async unpack(archive: string, path: string): Promise<void> {
    const temporary = await mkdtemp(join(this.folder, 'unpacking-'));
    try {
      await run('tar', ['-xjf', archive, '-C', temporary, '--strip-components=1', '--no-same-owner']);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { recursive: true });
      throw new OperatorError(`The model cannot be unpacked (tar and bzip2 are needed): ${(error as Error).message}`);
    }
    await rm(archive);
  }
}

/** Downloads what is missing of a file. */
async function download({ address, sizeBytes }: ModelEntry, path: string, onProgress: (percent: number) => void) {
  const before = (await sizeOf(path)) ?? 0;
  if (before >= sizeBytes) return;
  const headers = before > 0 ? { range: `bytes=${before}-` } : {};
  const response = await fetch(address, { headers }).catch((error: Error) => {
    throw new Error(`${error.message} (${(error.cause as Error | undefined)?.message ?? 'no reason'})`);
  });
  if (!response.ok || !response.body) throw new Error(`the server responded with ${response.status}`);
  const isContinued = response.status === 206; // without support for ranges it sends the whole file
  let done = isContinued ? before : 0;
  const counted = Readable.fromWeb(response.body).on('data', (chunk: Buffer) => {
    done += chunk.length;
    onProgress(Math.floor((100 * done) / sizeBytes));
  });
  await pipeline(counted, createWriteStream(path, { flags: isContinued ? 'a' : 'w' })).catch((error: Error) => {
    throw new Error(`the connection was lost: ${error.message}`);
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );
