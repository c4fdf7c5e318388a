import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ObjectMissingError, type Storage } from './storage';
import { deletingAndListing, keys, localFiles } from './storage-keys.contract';
import { below, from, textOf, type Subject } from './storage-subject.contract';

export interface StorageUnderTest {
  storage: Storage;
  /** Counts what belongs to no finished object: parts, temporary files, private folders. */
  leftovers(): Promise<number>;
  stop(): Promise<void>;
}

const BIG_BYTES = 20 * 1024 ** 2;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Yields the bytes in chunks of 100 kB, then awaits `last` before the stream ends. */
async function* chunked(bytes: Buffer, last?: () => Promise<void>): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  await last?.();
}

/** The contract suite of `Storage`, run for each adapter. */
export function storageContract(name: string, makeStorage: () => Promise<StorageUnderTest>): void {
  describe(`${name} as storage`, () => {
    let subject: StorageUnderTest;
    beforeAll(async () => {
      subject = await makeStorage();
    });
    afterAll(() => subject.stop());
    afterEach(async () => {
      expect(await subject.leftovers()).toBe(0);
    });

    describe('writing and reading', () => writingAndReading(() => subject.storage));
    describe('ranges', () => ranges(() => subject.storage));
    describe('failing uploads', () => failingUploads(() => subject.storage));
    describe('deleting and listing', () => deletingAndListing(() => subject.storage));
    describe('local files', () => localFiles(() => subject.storage));
    describe('keys', () => keys(() => subject.storage));
  });
}

function writingAndReading(storage: Subject): void {
  it('returns the bytes that were written', async () => {
    expect(await storage().write('w/a/one.txt', from('hello'), { contentType: 'text/plain' })).toEqual({
      sizeBytes: 5,
    });
    expect(await textOf(storage(), 'w/a/one.txt')).toBe('hello');
    const found = await storage().stat('w/a/one.txt');
    expect(found?.sizeBytes).toBe(5);
    expect(Math.abs(Date.now() - found!.modifiedAt.getTime())).toBeLessThan(60_000);
  });

  it('stores an empty object', async () => {
    expect(await storage().write('w/empty', Readable.from([]))).toEqual({ sizeBytes: 0 });
    expect(await storage().stat('w/empty')).toMatchObject({ sizeBytes: 0 });
    expect(await textOf(storage(), 'w/empty')).toBe('');
  });

  it('streams 20 MB exactly', async () => {
    const bytes = randomBytes(BIG_BYTES);
    expect(await storage().write('w/big', Readable.from(chunked(bytes)))).toEqual({ sizeBytes: bytes.length });
    expect(sha256(await buffer(await storage().read('w/big')))).toBe(sha256(bytes));
  });

  it('stores a finished file, and keeps the object when the file is deleted', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'contract-'));
    const path = join(dir, 'made');
    await writeFile(path, 'rendered');
    expect(await storage().writeFile('w/file', path)).toEqual({ sizeBytes: 8 });
    await rm(dir, { recursive: true });
    expect(await textOf(storage(), 'w/file')).toBe('rendered');
    await expect(storage().writeFile('w/none', join(dir, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await storage().stat('w/none')).toBeNull();
  });

  it('copies an object to a second key, which keeps its bytes when the first one is replaced', async () => {
    const bytes = randomBytes(BIG_BYTES);
    await storage().write('w/first', Readable.from(chunked(bytes)));
    await storage().write('w/second', from('what was there'));
    await storage().copy('w/first', 'w/second');
    expect(sha256(await buffer(await storage().read('w/first')))).toBe(sha256(bytes));
    await storage().copy('w/first', 'w/second');
    await storage().write('w/first', from('replaced'));
    expect(sha256(await buffer(await storage().read('w/second')))).toBe(sha256(bytes));
    await expect(storage().copy('w/none', 'w/copied')).rejects.toThrow(ObjectMissingError);
    expect(await storage().stat('w/copied')).toBeNull();
  });

  it('replaces an object atomically: a reader gets the old or the new bytes, never a mixture', async () => {
    const versions = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(300_000));
    await storage().write('w/replaced', from(versions[0]!));
    const reads = versions.flatMap((version) => [
      storage().write('w/replaced', from(version)),
      ...[1, 2, 3].map(() => textOf(storage(), 'w/replaced')),
    ]);
    for (const seen of await Promise.all(reads)) if (typeof seen === 'string') expect(versions).toContain(seen);
    expect(versions).toContain(await textOf(storage(), 'w/replaced'));
  });

  it('stores 30 objects concurrently', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `many/u${index % 3}/${index}`);
    await Promise.all(names.map((name) => storage().write(name, from(name.repeat(1_000)))));
    expect(await below(storage(), 'many/')).toEqual(names.toSorted());
    for (const name of names) expect(await textOf(storage(), name)).toBe(name.repeat(1_000));
  });

  it('reports missing objects', async () => {
    await expect(storage().read('w/none')).rejects.toThrow(ObjectMissingError);
    await expect(storage().read('w/a')).rejects.toThrow(ObjectMissingError); // only a prefix of keys
    await expect(storage().withLocalFile('w/none', async () => 'used')).rejects.toThrow(ObjectMissingError);
    expect(await storage().stat('w/none')).toBeNull();
    expect(await storage().stat('w/a')).toBeNull();
  });

  it('passes its health check', () => expect(storage().check()).resolves.toBeUndefined());
}

function ranges(storage: Subject): void {
  beforeAll(() => storage().write('ranges/digits', from('0123456789')));

  it.each([
    [0, 0, '0'],
    [0, 9, '0123456789'],
    [3, 5, '345'],
    [9, 9, '9'],
    [7, 1_000, '789'],
  ])('reads %i-%i as %s', async (start, end, expected) => {
    expect((await buffer(await storage().read('ranges/digits', { start, end }))).toString()).toBe(expected);
  });

  it.each([
    [10, 12],
    [5, 4],
    [-1, 3],
  ])('rejects %i-%i, which contains no byte', async (start, end) => {
    await expect(storage().read('ranges/digits', { start, end })).rejects.toThrow(RangeError);
  });

  it('rejects every range of an empty object', async () => {
    await storage().write('ranges/empty', Readable.from([]));
    await expect(storage().read('ranges/empty', { start: 0, end: 0 })).rejects.toThrow(RangeError);
  });

  it('can be aborted by the reader', async () => {
    await storage().write('ranges/long', Readable.from(chunked(randomBytes(2_000_000))));
    for await (const chunk of await storage().read('ranges/long')) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    (await storage().read('ranges/long')).destroy();
  });
}

function failingUploads(storage: Subject): void {
  it.each([0, 100_000, BIG_BYTES])('leaves nothing when the source fails after %i bytes', async (sizeBytes) => {
    const source = Readable.from(chunked(randomBytes(sizeBytes), () => Promise.reject(new Error('client aborted'))));
    await expect(storage().write('failing/source', source)).rejects.toThrow('client aborted');
    expect(await below(storage(), 'failing/')).toEqual([]);
  });

  it('leaves nothing when the source closes before its end', async () => {
    const source = new Readable({ read() {} });
    source.push('half');
    setTimeout(() => source.destroy(), 20);
    await expect(storage().write('failing/closed', source)).rejects.toMatchObject({
      code: 'ERR_STREAM_PREMATURE_CLOSE',
    });
    expect(await below(storage(), 'failing/')).toEqual([]);
  });

  it.each([0, BIG_BYTES])(
    'stops at once when it is aborted while the source stalls after %i bytes',
    async (sizeBytes) => {
      const stop = new AbortController();
      const stalled = Promise.withResolvers<void>();
      const source = Readable.from(chunked(randomBytes(sizeBytes), () => (stalled.resolve(), new Promise(() => {}))));
      const written = storage().write('failing/aborted', source, { signal: stop.signal });
      await stalled.promise;
      const reason = new Error('idle for too long');
      stop.abort(reason);
      await expect(written).rejects.toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await below(storage(), 'failing/')).toEqual([]);
    },
  );

  it('leaves nothing when it is aborted at any time', async () => {
    for (const delayMs of [0, 0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      const source = Readable.from(chunked(Buffer.alloc(500_000), () => new Promise(() => {})));
      await expect(storage().write('failing/any', source, { signal: AbortSignal.timeout(delayMs) })).rejects.toThrow(
        'timeout',
      );
    }
    expect(await below(storage(), 'failing/')).toEqual([]);
  });

  it('does not start with a signal that is already aborted', async () => {
    await expect(
      storage().write('failing/early', from('x'), { signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late');
    expect(await storage().stat('failing/early')).toBeNull();
  });

  it('keeps the existing object when its replacement fails', async () => {
    await storage().write('kept/object', from('first'));
    await expect(
      storage().write(
        'kept/object',
        Readable.from(chunked(randomBytes(9), () => Promise.reject(new Error('source failed')))),
      ),
    ).rejects.toThrow('source failed');
    expect(await textOf(storage(), 'kept/object')).toBe('first');
  });
}
