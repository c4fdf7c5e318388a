import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { DependencyUnavailableError } from '../errors';
import { keepTouched, withTempFolder } from '../temp/temp-folder';
import { asStorageError, isAbsent, linkOrCopy, nullIfAbsent, syncFolder } from './disk-files';
import { DiskReserve } from './disk-reserve';
import { ObjectMissingError, type ByteRange, type Storage, type StoredObject, type WriteOptions } from './storage';
import { assertKey, assertPrefix, assertRange } from './storage-key';

/** For `catch`: converts errors of the disk to those of the storage port. */
function rethrow(error: unknown): never {
  throw asStorageError(error);
}

/**
 * Storage on one disk: `root/objects/<key>`, unfinished files in `root/tmp`, private folders in `root/work`.
 * All three are on one file system, so that an object is created by an atomic rename.
 */
export class LocalStorage implements Storage {
  private readonly root: string;
  private readonly objects: string;
  private readonly tmp: string;
  private readonly work: string;
  /** The objects folder existed before: from now on its absence means an unmounted volume, not a new installation. */
  private isInUse = false;

  constructor(
    root: string,
    private readonly reserve = new DiskReserve(root),
  ) {
    this.root = resolve(root);
    this.objects = LocalStorage.objectsDir(this.root);
    this.tmp = join(this.root, 'tmp');
    this.work = join(this.root, 'work');
  }

  /** Returns the folder of the objects; the path of an object below it is its key. */
  static objectsDir(root: string): string {
    return join(resolve(root), 'objects');
  }

  async write(
    key: string,
    source: Readable,
    { signal, isUpload = false }: WriteOptions = {},
  ): Promise<{ sizeBytes: number }> {
    try {
      return await this.publish(key, async (temp) => {
        const file = createWriteStream(temp, { flags: 'wx', mode: 0o600, flush: true }); // flush: fsync before close
        const steps = isUpload ? [source, this.reserve.guard(), file] : [source, file];
        pipeline(steps, { signal }).catch(() => {}); // destroys `file`; not awaited: a source may hang while destroyed
        await finished(file);
        signal?.throwIfAborted();
        return file.bytesWritten;
      });
    } catch (error) {
      source.destroy();
      throw signal?.aborted ? signal.reason : error;
    }
  }

  async writeFile(key: string, path: string): Promise<{ sizeBytes: number }> {
    if (!(await lstat(path)).isFile())
      throw new TypeError(`Expected a file to store as "${key}", but received "${path}"`);
    return this.publish(key, async (temp) => {
      await linkOrCopy(path, temp);
      await using file = await open(temp);
      await file.chmod(0o600);
      await file.utimes(new Date(), new Date()); // the sweep measures the age of orphans from the time of storing
      await file.sync();
      return (await file.stat()).size;
    });
  }

  async copy(from: string, to: string): Promise<void> {
    if (!(await this.stat(from))) throw new ObjectMissingError(from);
    await this.writeFile(to, this.pathOf(from));
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const file = await this.openObject(key);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new ObjectMissingError(key);
      if (range) assertRange(key, range, found.size);
      return file.createReadStream({ ...range });
    } catch (error) {
      await file.close();
      throw asStorageError(error);
    }
  }

  async stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null> {
    const found = await stat(this.pathOf(key)).catch(nullIfAbsent).catch(rethrow);
    if (!found) await this.assertMounted();
    return found?.isFile() ? { sizeBytes: found.size, modifiedAt: found.mtime } : null;
  }

  async withLocalFile<T>(key: string, use: (file: { path: string; dir: string }) => Promise<T>): Promise<T> {
    if (!(await this.stat(key))) {
      await this.assertMounted(true);
      throw new ObjectMissingError(key);
    }
    return withTempFolder(this.work, async (dir) => {
      const path = join(dir, 'source');
      await linkOrCopy(this.pathOf(key), path).catch((error: unknown) => {
        throw isAbsent(error) ? new ObjectMissingError(key) : asStorageError(error);
      });
      return use({ path, dir });
    });
  }

  async deletePrefix(prefix: string): Promise<{ objects: number; bytes: number }> {
    const erased = { objects: 0, bytes: 0 };
    for await (const { key, sizeBytes } of this.list(prefix)) {
      await rm(this.pathOf(key), { force: true }).catch(rethrow);
      erased.objects += 1;
      erased.bytes += sizeBytes;
    }
    const dir = join(this.objects, prefix);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 }).catch(nullIfAbsent).catch(rethrow);
    await this.removeEmptyParents(dir);
    return erased;
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    assertPrefix(prefix);
    const entries = await opendir(join(this.objects, prefix)).catch(nullIfAbsent).catch(rethrow);
    if (!entries) await this.assertMounted();
    for await (const entry of entries ?? []) {
      const key = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        yield* this.list(`${key}/`);
        continue;
      }
      const found = await this.stat(key);
      if (found) yield { key, ...found };
    }
  }

  async check(): Promise<void> {
    await this.withTemp(async (temp) => {
      await using file = await open(temp, 'wx', 0o600);
      await file.write('writable');
      await file.sync();
    });
    await this.assertMounted();
    await this.reserve.assertSpaceFor();
  }

  async assertSpaceFor(sizeBytes: number): Promise<void> {
    await this.reserve.assertSpaceFor(sizeBytes);
  }

  /**
   * Creates a durable temporary file with `fill` and renames it to its key, which replaces an existing object
   * atomically.
   */
  private async publish(key: string, fill: (temp: string) => Promise<number>): Promise<{ sizeBytes: number }> {
    const path = this.pathOf(key);
    return this.withTemp(async (temp) => {
      await this.assertMounted();
      const sizeBytes = await fill(temp);
      await this.moveInto(path, temp);
      await this.syncUpwards(dirname(path));
      return { sizeBytes };
    });
  }

  private async withTemp<T>(use: (temp: string) => Promise<T>): Promise<T> {
    const temp = join(this.tmp, randomUUID());
    const release = keepTouched(temp);
    try {
      await mkdir(this.tmp, { recursive: true, mode: 0o700 });
      return await use(temp);
    } catch (error) {
      throw asStorageError(error);
    } finally {
      release();
      await rm(temp, { force: true });
    }
  }

  private async moveInto(path: string, temp: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        return await rename(temp, path);
      } catch (error) {
        if (!isAbsent(error) || attempt === 10) throw error; // a concurrent deletion has just removed the empty folder
      }
    }
  }

  /** A rename is durable after an fsync of its folder, and a new folder after an fsync of its parent. */
  private async syncUpwards(dir: string): Promise<void> {
    for (let folder = dir; ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === this.root) return;
    }
  }

  private async removeEmptyParents(dir: string): Promise<void> {
    for (let folder = dirname(dir); folder !== this.objects; folder = dirname(folder)) {
      const removed = await rmdir(folder).then(() => true, isAbsent);
      if (!removed) return;
    }
  }

  /**
   * Distinguishes an unmounted volume from an empty one. `isExpected`: the objects folder must exist.
   * @throws {DependencyUnavailableError}
   */
  private async assertMounted(isExpected = this.isInUse): Promise<void> {
    const objects = await lstat(this.objects).catch(nullIfAbsent).catch(rethrow);
    if (objects && !objects.isDirectory())
      throw new DependencyUnavailableError(
        'storage',
        new Error(`Expected a folder at ${this.objects}, but it is something else`),
      );
    if (!objects && isExpected)
      throw new DependencyUnavailableError(
        'storage',
        new Error(`Expected a folder at ${this.objects}, but there is none`),
      );
    this.isInUse ||= objects !== null;
  }

  private async openObject(key: string): Promise<FileHandle> {
    try {
      return await open(this.pathOf(key));
    } catch (error) {
      if (isAbsent(error)) await this.assertMounted(true);
      throw isAbsent(error) ? new ObjectMissingError(key) : asStorageError(error);
    }
  }

  private pathOf(key: string): string {
    assertKey(key);
    return join(this.objects, key);
  }
}
