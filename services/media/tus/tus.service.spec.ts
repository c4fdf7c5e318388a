import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '#nest';
import { DependencyUnavailableError, StorageFullError } from '#platform';
import { key, TusTester } from './tus.service.testing';

const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(96)]);
const unavailable = new DependencyUnavailableError('dynamodb', new Error('hangs'));
const reject = (error: Error) => async () => Promise.reject(error);

describe('TusService', () => {
  let root: string;
  let tester: TusTester;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tus-'));
    tester = new TusTester(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  const create = (sizeBytes = 100, headers = {}) =>
    tester.send('POST', { 'upload-length': `${sizeBytes}`, ...headers });
  const append = (offset: number, bytes: Buffer, headers = {}) =>
    tester.send('PATCH', { 'upload-offset': `${offset}`, ...headers }, bytes);
  const offset = async () => Number((await tester.send('HEAD')).headers['upload-offset']);

  it("reserves the declared length, and stores bytes in their owner's folder until they are complete", async () => {
    const created = await create();
    expect(created).toMatchObject({ status: 201, headers: { location: `/api/uploads/${key.id}` } });
    expect((await append(0, jpeg.subarray(0, 60))).status).toBe(204);
    expect(await offset()).toBe(60);
    expect(await readdir(join(root, 'resumable', key.userId))).toEqual([key.id]);
    expect(tester.steps).toEqual(['reserve 100']);
    const last = await append(60, jpeg.subarray(60));
    expect(last.headers['snapstream-media-id']).toBe(key.id);
    expect(last.locals.mediaId).toBe(key.id);
    expect(tester.steps).toEqual(['reserve 100', 'finish']);
  });

  it('finishes an upload whose bytes came with its creation at once', async () => {
    const { status, headers } = await tester.send('POST', { 'upload-length': '100' }, jpeg);
    expect([status, headers['snapstream-media-id']]).toEqual([201, key.id]);
    expect(tester.steps).toEqual(['reserve 100', 'finish at once, image/jpeg']);
  });

  it('leaves it to the completion to discard what it could not finish at once', async () => {
    tester.completion.finishAtOnce = reject(new ProblemError('quota_exceeded'));
    await expect(tester.send('POST', { 'upload-length': '100' }, jpeg)).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    expect(tester.steps).toEqual(['reserve 100']);
  });

  it('finishes a complete upload again at HEAD, in case its last response was lost', async () => {
    await create();
    tester.completion.finish = reject(unavailable);
    await expect(append(0, jpeg)).rejects.toThrow(DependencyUnavailableError);
    tester.completion.finish = async () => ({ mediaId: key.id, sizeBytes: 100 });
    expect((await tester.send('HEAD')).headers['snapstream-media-id']).toBe(key.id);
    expect(tester.steps).toEqual(['reserve 100']);
  });

  it.each([
    ['empty_file', { 'upload-length': '0' }],
    ['validation_failed', { 'upload-length': '100', 'upload-metadata': `title ${btoa('x'.repeat(201))}` }],
    ['file_too_large', { 'upload-length': '1001' }],
    ['malformed_upload', {}],
    ['unsupported_tus_version', { 'upload-length': '100', 'tus-resumable': '0.2.2' }],
    ['malformed_upload', { 'upload-length': '100', 'upload-checksum': 'crc32 x' }],
  ])('rejects a creation with %s, and reserves nothing', async (code, headers) => {
    await expect(tester.send('POST', headers)).rejects.toMatchObject({ code });
    expect(tester.steps).toEqual([]);
  });

  it('discards a creation whose reservation was ambiguous', async () => {
    tester.quota.reserve = reject(unavailable);
    await expect(create()).rejects.toThrow(DependencyUnavailableError);
    expect(tester.steps).toEqual(['discard 100']);
  });

  it('does not let the client wait for a discard while a dependency is unavailable', async () => {
    tester.quota.reserve = reject(unavailable);
    tester.completion.discard = () => new Promise(() => {});
    await expect(create()).rejects.toThrow(DependencyUnavailableError);
  });

  it('discards a creation whose connection was cut, since its client has no address to resume it by', async () => {
    await tester.send('POST', { 'upload-length': '100' }, jpeg.subarray(0, 60), 'cut');
    expect(tester.steps).toEqual(['reserve 100', 'discard 100']);
  });

  it('keeps the bytes of a part whose connection was cut', async () => {
    await create();
    await tester.send('PATCH', { 'upload-offset': '0' }, jpeg.subarray(0, 60), 'cut');
    expect(await offset()).toBe(60);
    expect(tester.steps).toEqual(['reserve 100']);
  });

  it('keeps the bytes of a part that stalls, and discards a creation that stalls', async () => {
    await create();
    Object.assign(tester.config, { uploadIdleSeconds: 0.02 });
    const part = tester.send('PATCH', { 'upload-offset': '0' }, jpeg.subarray(0, 60), 'missing');
    await expect(part).rejects.toMatchObject({ code: 'upload_stalled', headers: { Connection: 'close' } });
    expect(await offset()).toBe(60);
    const creation = tester.send('POST', { 'upload-length': '100' }, jpeg.subarray(0, 60), 'missing');
    await expect(creation).rejects.toMatchObject({ code: 'upload_stalled' });
    expect(tester.steps).toEqual(['reserve 100', 'reserve 100', 'discard 100']);
  });

  it('discards an upload that no retry can complete', async () => {
    await create();
    await expect(append(0, Buffer.alloc(100, 'text'))).rejects.toMatchObject({ code: 'unsupported_media_type' });
    expect(tester.steps).toEqual(['reserve 100', 'discard 100']);
  });

  it.each([
    ['offset_mismatch', 10, {}],
    ['checksum_mismatch', 0, { 'upload-checksum': 'sha1 AAAA' }],
    ['unsupported_media_type', 0, { 'content-type': 'text/plain' }],
  ])('keeps an upload after the error %s of a request', async (code, at, headers) => {
    await create();
    await expect(append(at, jpeg, headers)).rejects.toMatchObject({ code });
    expect(await offset()).toBe(0);
    expect(tester.steps).toEqual(['reserve 100']);
  });

  it('discards at DELETE, but not an upload that has become a medium', async () => {
    await create();
    expect((await tester.send('DELETE')).status).toBe(204);
    expect(tester.steps).toEqual(['reserve 100', 'discard 100']);
    tester.finished = { mediaId: key.id, sizeBytes: 100 };
    await rm(join(root, 'resumable'), { recursive: true, force: true });
    await expect(tester.send('DELETE')).rejects.toMatchObject({ code: 'upload_finished' });
    expect(tester.steps).toHaveLength(2);
  });

  it('evaluates no header of proxies and none that overrides the method', async () => {
    const created = await create(100, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' });
    expect(created.headers.location).toBe(`/api/uploads/${key.id}`);
    expect((await append(0, jpeg.subarray(0, 60), { 'x-http-method-override': 'DELETE' })).status).toBe(204);
    expect(await offset()).toBe(60);
  });

  it('keeps a finished upload after an error that would discard an unfinished one', async () => {
    tester.finished = { mediaId: key.id, sizeBytes: 100 };
    tester.completion.finish = reject(new ProblemError('unauthenticated'));
    await expect(tester.send('HEAD')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(tester.steps).toEqual([]);
  });

  it('reserves nothing while the disk has no space for the file', async () => {
    tester = new TusTester(root, Number.MAX_SAFE_INTEGER);
    await expect(create()).rejects.toThrow(StorageFullError);
    expect(tester.steps).toEqual([]);
  });
});
