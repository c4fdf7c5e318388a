import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import type { Config } from '#config';
import { originalKey, sidecarKey } from '#media';
import { DependencyUnavailableError, DiskReserve, LocalStorage, StorageFullError } from '#platform';
import { aMedium } from '#testing';
import { Staging } from './staging';

const key = { userId: 'ann', id: '01M85RCK9PSEEFBXB6DHHENWYH' };
const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(96)]);
const unavailable = new DependencyUnavailableError('storage', new Error('hangs'));

describe('Staging', () => {
  let root: string;
  let storage: LocalStorage;
  let staging: Staging;
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'staging-'));
    storage = new LocalStorage(root, new DiskReserve(root, 0));
    staging = new Staging({ maxUploadBytes: 1_000 } as Config, storage);
  });
  afterEach(async () => {
    jest.useRealTimers();
    await rm(root, { recursive: true });
  });

  /** Every file below the root, also temporary ones. */
  const files = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

  it('stores the bytes as the original, with what was found in them', async () => {
    const staged = await staging.stage(key, Readable.from([jpeg]), new PassThrough());
    expect(staged).toMatchObject({ ...key, sizeBytes: 100, contentType: 'image/jpeg', kind: 'image' });
    expect((await storage.stat(originalKey(key)))?.sizeBytes).toBe(100);
    expect(await files()).toHaveLength(1);
  });

  it.each([
    ['empty_file', []],
    ['unsupported_media_type', [Buffer.from('some text')]],
    ['file_too_large', [jpeg, Buffer.alloc(1_000)]],
  ])('leaves nothing of a file that it rejects: %s', async (code, chunks) => {
    await expect(staging.stage(key, Readable.from(chunks), new PassThrough())).rejects.toMatchObject({ code });
    expect(await files()).toEqual([]);
  });

  it('leaves nothing of a body that fails after its first bytes, and rejects with its error', async () => {
    const body = new Readable({ read: () => {} });
    const staged = staging.stage(key, body, new PassThrough());
    body.push(jpeg);
    body.destroy(new Error('closed'));
    await expect(staged).rejects.toThrow('closed');
    expect(await files()).toEqual([]);
  });

  it('ends the source when the disk is full', async () => {
    const full = new LocalStorage(root, new DiskReserve(root, Number.MAX_SAFE_INTEGER));
    const source = new Readable({ read: () => {} });
    source.push(Buffer.concat([jpeg, Buffer.alloc(100_000)]));
    const staged = new Staging({ maxUploadBytes: 200_000 } as Config, full).stage(key, source, new PassThrough());
    await expect(staged).rejects.toThrow(StorageFullError);
    await new Promise(setImmediate);
    expect([source.destroyed, await files()]).toEqual([true, []]);
  });

  it('adopts a stored object, and inspects it where that was not done before', async () => {
    await storage.write('resumable/ann/1/bytes', Readable.from([jpeg]));
    const staged = await staging.adopt(key, 'resumable/ann/1/bytes', null);
    expect(staged).toMatchObject({ ...key, sizeBytes: 100, contentType: 'image/jpeg' });
    const inspected = { sizeBytes: 100, sha256: 'known', contentType: 'image/png', kind: 'image' as const };
    expect(await staging.adopt(key, 'resumable/ann/1/bytes', inspected)).toEqual({ ...key, ...inspected });
    expect((await storage.stat(originalKey(key)))?.sizeBytes).toBe(100);
  });

  it('does not adopt an object of another type', async () => {
    await storage.write('resumable/ann/1/bytes', Readable.from([Buffer.from('some text')]));
    await expect(staging.adopt(key, 'resumable/ann/1/bytes', null)).rejects.toMatchObject({
      code: 'unsupported_media_type',
    });
    expect(await storage.stat(originalKey(key))).toBeNull();
  });

  it('inspects without storing', async () => {
    expect(await staging.inspect(Readable.from([jpeg]))).toMatchObject({ sizeBytes: 100 });
    await expect(staging.inspect(Readable.from([jpeg, Buffer.alloc(1_000)]))).rejects.toMatchObject({
      code: 'file_too_large',
    });
    expect(await files()).toEqual([]);
  });

  it('writes the sidecar beside the original, and discards both', async () => {
    const medium = aMedium(key);
    await staging.stage(key, Readable.from([jpeg]), new PassThrough());
    await staging.writeSidecar(medium);
    expect(await json(await storage.read(sidecarKey(key)))).toMatchObject({ ...key, sizeBytes: medium.sizeBytes });
    await staging.discard(key);
    expect(await files()).toEqual([]);
  });

  it('never rejects a discard, and retries a later one until the storage is available', async () => {
    const other = { userId: 'ann', id: '01M85RCK9PSEEFBXB6DHHENWYJ' };
    for (const each of [key, other]) await staging.stage(each, Readable.from([jpeg]), new PassThrough());
    const deletePrefix = storage.deletePrefix.bind(storage);
    let failures = 3;
    storage.deletePrefix = async (prefix) => (failures-- > 0 ? Promise.reject(unavailable) : deletePrefix(prefix));
    jest.useFakeTimers();
    await staging.discard(key);
    staging.discardLater(other);
    await jest.advanceTimersByTimeAsync(15_000);
    jest.useRealTimers();
    while (await storage.stat(originalKey(other))) await new Promise(setImmediate);
    expect(await storage.stat(originalKey(key))).not.toBeNull();
  });
});
