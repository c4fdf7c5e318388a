import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { UploadInspector } from './upload-inspector';

const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(100)]);
const MAX_BYTES = 200_000;
const limits = { maxUploadBytes: MAX_BYTES, acceptsHeic: true };

/** Sends chunks through an inspector. Returns what it passed on, and its result. */
async function inspect(chunks: Buffer[], totalBytes?: number, config = limits) {
  const inspector = new UploadInspector(config, totalBytes);
  let passed = Buffer.alloc(0);
  await pipeline(Readable.from(chunks), inspector, async (bytes) => void (passed = await buffer(bytes)));
  return { inspector, passed };
}

describe('UploadInspector', () => {
  it.each([
    ['in one chunk', [jpeg]],
    ['byte by byte', [...jpeg].map((byte) => Buffer.of(byte))],
    ['longer than its head', [jpeg, Buffer.alloc(100_000), Buffer.alloc(10, 1)]],
  ])('passes a file on unchanged and reports its size, hash and type: %s', async (_name, chunks) => {
    const file = Buffer.concat(chunks);
    const { inspector, passed } = await inspect(chunks);
    expect(passed.equals(file)).toBe(true);
    expect(inspector.result()).toEqual({
      sizeBytes: file.length,
      sha256: createHash('sha256').update(file).digest('hex'),
      contentType: 'image/jpeg',
      kind: 'image',
    });
  });

  it('accepts a file of the largest size, and rejects one byte more', async () => {
    const largest = [jpeg, Buffer.alloc(MAX_BYTES - jpeg.length)];
    expect((await inspect(largest)).inspector.result().sizeBytes).toBe(MAX_BYTES);
    await expect(inspect([...largest, Buffer.of(0)])).rejects.toMatchObject({ code: 'file_too_large' });
  });

  it('rejects an empty file', async () => {
    await expect(inspect([])).rejects.toMatchObject({ code: 'empty_file' });
  });

  it('rejects another type, and passes no byte of it on', async () => {
    const inspector = new UploadInspector(limits);
    const passed: Buffer[] = [];
    inspector.on('data', (chunk: Buffer) => passed.push(chunk));
    const text = Readable.from([Buffer.alloc(150_000, 'text')]);
    await expect(pipeline(text, inspector)).rejects.toMatchObject({ code: 'unsupported_media_type' });
    expect(passed).toEqual([]);
  });

  it('accepts HEIC, and says what to do with it where it is turned off', async () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    expect((await inspect([heic])).inspector.result().contentType).toBe('image/heic');
    await expect(inspect([heic], 0, { ...limits, acceptsHeic: false })).rejects.toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringContaining('HEIC is not supported'),
    });
  });

  it.each([
    ['AVI', 'RIFF\x24\0\0\0AVI LIST'],
    ['PSD', '8BPS\0\x01\0\0\0\0\0\0\0\x03'],
    ['PDF', '%PDF-1.7\n'],
  ])('names %s when it refuses it', async (name, head) => {
    await expect(inspect([Buffer.from(head, 'latin1')])).rejects.toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringContaining(`${name} files are not supported. Send an image (JPG`),
    });
  });

  it('passes the short first part of a longer file on without a type, and has no result', async () => {
    const { inspector, passed } = await inspect([jpeg.subarray(0, 2)], jpeg.length);
    expect(passed).toEqual(jpeg.subarray(0, 2));
    expect(() => inspector.result()).toThrow('Expected the upload to have ended');
  });
});
