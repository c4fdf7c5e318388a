import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { DependencyUnavailableError } from '../errors';
import { DiskReserve } from './disk-reserve';
import { StorageFullError } from './storage';
import { storageContract } from './storage.contract';
import { LocalStorage } from './storage.local';

const filesBelow = async (path: string) => (await readdir(path, { recursive: true }).catch(() => [])).length;

storageContract('LocalStorage', async () => {
  const root = await mkdtemp(join(tmpdir(), 'storage-'));
  return {
    storage: new LocalStorage(root),
    leftovers: async () => (await filesBelow(join(root, 'tmp'))) + (await filesBelow(join(root, 'work'))),
    stop: () => rm(root, { recursive: true, force: true }),
  };
});

describe('LocalStorage on its disk', () => {
  let root: string;
  let storage: LocalStorage;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'storage-'));
    storage = new LocalStorage(root);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('creates files with mode 0600 and folders with mode 0700', async () => {
    const path = join(root, 'made');
    await writeFile(path, 'x', { mode: 0o644 });
    await storage.write('originals/u/m/a', Readable.from(['x']));
    await storage.writeFile('originals/u/m/b', path);
    const modeOf = async (name: string) => (await stat(join(root, name))).mode & 0o777;
    expect(await Promise.all(['objects', 'objects/originals', 'objects/originals/u/m', 'tmp'].map(modeOf))).toEqual([
      0o700, 0o700, 0o700, 0o700,
    ]);
    expect(await Promise.all(['objects/originals/u/m/a', 'objects/originals/u/m/b'].map(modeOf))).toEqual([
      0o600, 0o600,
    ]);
  });

  it('removes only the folders that a deletion leaves empty', async () => {
    await storage.write('originals/u/m1/a', Readable.from(['x']));
    await storage.write('originals/u/m2/a', Readable.from(['x']));
    await storage.deletePrefix('originals/u/m1/');
    expect(await readdir(join(root, 'objects/originals/u'))).toEqual(['m2']);
    await storage.deletePrefix('originals/u/m2/');
    expect(await readdir(join(root, 'objects'))).toEqual([]);
  });

  it('creates no folder for an upload that fails', async () => {
    const failing = Readable.from(
      (async function* () {
        yield 'half';
        throw new Error('source failed');
      })(),
    );
    await expect(storage.write('originals/u/m/a', failing)).rejects.toThrow('source failed');
    expect(existsSync(join(root, 'objects'))).toBe(false);
  });

  it('provides the original as a hard link, not as a copy', async () => {
    await storage.write('originals/u/m/a', Readable.from(['x']));
    const { ino } = await stat(join(root, 'objects/originals/u/m/a'));
    await storage.withLocalFile('originals/u/m/a', async ({ path }) => expect((await stat(path)).ino).toBe(ino));
  });

  it('rejects a symbolic link', async () => {
    await writeFile(join(root, 'secret'), 'secret', { mode: 0o640 });
    await symlink(join(root, 'secret'), join(root, 'link'));
    await expect(storage.writeFile('derived/m/t/thumbnail', join(root, 'link'))).rejects.toThrow(TypeError);
    expect((await stat(join(root, 'secret'))).mode & 0o777).toBe(0o640);
  });

  it('is unavailable while its folder is a file, and recovers afterwards', async () => {
    await storage.write('originals/u/m/a', Readable.from(['kept']));
    await rename(join(root, 'objects'), join(root, 'moved'));
    await writeFile(join(root, 'objects'), '');
    await expect(storage.write('originals/u/m/b', Readable.from(['bytes']))).rejects.toBeInstanceOf(
      DependencyUnavailableError,
    );
    await expect(storage.check()).rejects.toThrow('Expected a folder');
    await rm(join(root, 'objects'));
    await rename(join(root, 'moved'), join(root, 'objects'));
    await storage.check();
    expect(await storage.stat('originals/u/m/a')).toMatchObject({ sizeBytes: 4 });
  });

  it('treats an unmounted volume as unavailable, not empty, and writes nothing in its place', async () => {
    await storage.write('originals/u/m/a', Readable.from(['kept']));
    await storage.check();
    await rename(join(root, 'objects'), join(root, 'moved'));
    const operations = [
      storage.stat('originals/u/m/a'),
      storage.read('originals/u/m/a'),
      storage.withLocalFile('originals/u/m/a', async () => {}),
      storage.write('originals/u/m/b', Readable.from(['bytes'])),
      storage.check(),
    ];
    for (const operation of operations) await expect(operation).rejects.toThrow(DependencyUnavailableError);
    await rename(join(root, 'moved'), join(root, 'objects'));
    expect(await storage.stat('originals/u/m/a')).toMatchObject({ sizeBytes: 4 });
    expect(await storage.stat('originals/u/m/b')).toBeNull();
  });

  it('rejects with StorageFullError when the reserve is not free', async () => {
    const full = new LocalStorage(root, new DiskReserve(root, Number.MAX_SAFE_INTEGER));
    await expect(full.check()).rejects.toThrow(StorageFullError);
    await expect(full.assertSpaceFor(0)).rejects.toThrow(StorageFullError);
  });

  it('rejects an upload that would use the reserve, keeps nothing of it, and accepts other writes', async () => {
    const full = new LocalStorage(root, new DiskReserve(root, Number.MAX_SAFE_INTEGER));
    await expect(
      full.write('originals/u/m/a', Readable.from([Buffer.from('bytes')]), { isUpload: true }),
    ).rejects.toThrow(StorageFullError);
    expect([await full.stat('originals/u/m/a'), await readdir(join(root, 'tmp'))]).toEqual([null, []]);
    expect(await full.write('originals/u/m/a.json', Readable.from(['{}']))).toEqual({ sizeBytes: 2 });
  });

  const canLimit = existsSync('/usr/bin/prlimit');
  (canLimit ? it : it.skip)('keeps nothing of an object when the kernel limits the file size', async () => {
    await storage.write('originals/u/m/a', Readable.from(['first']));
    const outcome = await writeUnder('--fsize=65536', root, 'originals/u/m/a', 1_000_000);
    expect(outcome).toMatchObject({ failed: 'StorageFullError' });
    expect(await readFile(join(root, 'objects/originals/u/m/a'), 'utf8')).toBe('first');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  (canLimit ? it : it.skip)(
    'rejects with DependencyUnavailableError when the process has too many open files',
    async () => {
      const outcome = await writeUnder(
        '--nofile=64',
        root,
        'originals/u/m/a',
        10,
        'for (;;) try { fs.openSync("/dev/null") } catch { break }',
      );
      expect(outcome).toMatchObject({ failed: 'DependencyUnavailableError' });
      expect(await readdir(join(root, 'tmp'))).toEqual([]);
    },
  );
});

/** Writes in a child process with resource limits: a limit on this process would affect the test runner. */
async function writeUnder(limit: string, root: string, key: string, sizeBytes: number, before = ''): Promise<unknown> {
  const bundle = join(root, 'storage.cjs');
  await build({
    entryPoints: [join(__dirname, 'storage.local.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    keepNames: true,
  });
  const script = `
    const fs = require('node:fs');
    const { LocalStorage } = require(${JSON.stringify(bundle)});
    ${before}
    const bytes = require('node:stream').Readable.from([Buffer.alloc(${sizeBytes})]);
    new LocalStorage(${JSON.stringify(root)}).write(${JSON.stringify(key)}, bytes).then(
      () => console.log('{}'),
      (error) => console.log(JSON.stringify({ failed: error.constructor.name, code: error.code })),
    );`;
  const { stdout } = await promisify(execFile)('/usr/bin/prlimit', [limit, process.execPath, '-e', script]);
  return JSON.parse(stdout);
}
