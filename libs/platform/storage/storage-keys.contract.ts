import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { below, from, textOf, type Subject } from './storage-subject.contract';

export function deletingAndListing(storage: Subject): void {
  it('lists and deletes the objects below a prefix, and no others', async () => {
    for (const key of ['del/m1/a', 'del/m1/t/b.webp', 'del/m10/c', 'del/m2']) await storage().write(key, from('12345'));
    const listed = await Array.fromAsync(storage().list('del/m1/'));
    expect(listed.map(({ key }) => key).toSorted()).toEqual(['del/m1/a', 'del/m1/t/b.webp']);
    expect(listed[0]!.sizeBytes).toBe(5);
    expect(Math.abs(Date.now() - listed[0]!.modifiedAt.getTime())).toBeLessThan(60_000);
    expect(await storage().deletePrefix('del/m1/')).toEqual({ objects: 2, bytes: 10 });
    expect(await storage().deletePrefix('del/m1/')).toEqual({ objects: 0, bytes: 0 });
    expect(await below(storage(), 'del/')).toEqual(['del/m10/c', 'del/m2']);
  });

  it('does not treat an object as a prefix', async () => {
    await storage().write('del2/object', from('x'));
    expect(await storage().deletePrefix('del2/object/')).toEqual({ objects: 0, bytes: 0 });
    expect(await textOf(storage(), 'del2/object')).toBe('x');
  });

  it('supports concurrent writes and deletions of neighbouring prefixes', async () => {
    const rounds = Array.from({ length: 20 }, (_, round) => round);
    await Promise.all(
      rounds.flatMap((round) => [
        storage().write(`race/${round}/kept`, from('x')),
        storage().deletePrefix(`race/gone-${round}/`),
      ]),
    );
    await Promise.all(
      rounds.map((round) =>
        round % 2 ? storage().deletePrefix(`race/${round}/`) : storage().write(`race/${round}/kept`, from('y')),
      ),
    );
    expect(await below(storage(), 'race/')).toHaveLength(10);
  });

  it('lists nothing below an unused prefix', async () => {
    expect(await below(storage(), 'unused/')).toEqual([]);
  });
}

export function localFiles(storage: Subject): void {
  beforeAll(() => storage().write('local/original.mp4', from('bytes')));

  it('provides a private folder with the object and erases it afterwards', async () => {
    const used = await storage().withLocalFile('local/original.mp4', async ({ path, dir }) => {
      expect(dirname(path)).toBe(dir);
      expect(await readdir(dir)).toHaveLength(1);
      expect((await stat(dir)).mode & 0o777).toBe(0o700);
      expect((await readFile(path)).toString()).toBe('bytes');
      await writeFile(join(dir, 'derived'), 'x');
      return dir;
    });
    expect(existsSync(used)).toBe(false);
    expect(await textOf(storage(), 'local/original.mp4')).toBe('bytes');
  });

  it('erases the folder when the callback throws', async () => {
    let used = '';
    const failing = storage().withLocalFile('local/original.mp4', async ({ dir }) => {
      used = dir;
      throw new Error('decoder failed');
    });
    await expect(failing).rejects.toThrow('decoder failed');
    expect(existsSync(used)).toBe(false);
  });

  it('provides concurrent callers with separate folders', async () => {
    const dirs = await Promise.all(
      [1, 2, 3].map(() => storage().withLocalFile('local/original.mp4', async ({ dir }) => dir)),
    );
    expect(new Set(dirs).size).toBe(3);
  });
}

export function keys(storage: Subject): void {
  const invalidKeys = [
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    './a',
    'a/./b',
    'a//b',
    'a/',
    'a\\..\\b',
    'a\0b',
    'a b',
    'ä',
    'a\n',
    '%2e%2e/x',
    'a'.repeat(256),
    'a/'.repeat(600) + 'a',
  ];

  it.each(invalidKeys)('rejects %j', async (key) => {
    await expect(storage().write(key, from('x'))).rejects.toThrow(TypeError);
    await expect(storage().writeFile(key, __filename)).rejects.toThrow(TypeError);
    await expect(storage().read(key)).rejects.toThrow(TypeError);
    await expect(storage().stat(key)).rejects.toThrow(TypeError);
    await expect(storage().withLocalFile(key, async () => {})).rejects.toThrow(TypeError);
  });

  it.each(['', '/', 'a', '../', 'a/../', '/a/', 'a//'])('rejects %j as a prefix', async (prefix) => {
    await expect(storage().deletePrefix(prefix)).rejects.toThrow(TypeError);
    await expect(Array.fromAsync(storage().list(prefix))).rejects.toThrow(TypeError);
  });

  it('accepts unusual but valid names', async () => {
    for (const key of ['odd/...', 'odd/.hidden', 'odd/-rf', `odd/${'n'.repeat(255)}`]) {
      await storage().write(key, from(key));
      expect(await textOf(storage(), key)).toBe(key);
    }
  });
}
