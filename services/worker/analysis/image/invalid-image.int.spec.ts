import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { makeAvif, makeGif, makeJpeg, makePng } from '#testing';
import { setupSandboxTester } from '../../sandbox/sandbox.testing';

const tester = setupSandboxTester();
const image = (contentType: string, file: Buffer) => tester.analyse({ kind: 'image', contentType }, file);

describe('an invalid image is rejected', () => {
  it('as truncated_media when cut in half', async () => {
    const jpeg = await makeJpeg();
    await expect(image('image/jpeg', jpeg.subarray(0, jpeg.length / 2))).rejects.toMatchObject({
      code: 'truncated_media',
    });
  });

  it.each([1, 3, 4, 40])('as truncated_media when a JPEG lacks its last bytes: %i', async (bytes) => {
    for (const progressive of [false, true]) {
      const jpeg = await makeJpeg({ progressive, grain: 20 });
      await expect(image('image/jpeg', jpeg.subarray(0, -bytes))).rejects.toMatchObject({ code: 'truncated_media' });
    }
  });

  it('as truncated_media when an AVIF is cut in half', async () => {
    const avif = await makeAvif();
    await expect(image('image/avif', avif.subarray(0, avif.length / 2))).rejects.toMatchObject({
      code: 'truncated_media',
    });
  });

  it('as truncated_media when a PNG is cut, and as invalid_media when a checksum is wrong', async () => {
    const png = await makePng();
    await expect(image('image/png', png.subarray(0, png.length / 2))).rejects.toMatchObject({
      code: 'truncated_media',
    });
    const pixels = png.indexOf('IDAT');
    const checksum = pixels + 4 + png.readUInt32BE(pixels - 4);
    png.writeUInt32BE(png.readUInt32BE(checksum) ^ 1, checksum);
    await expect(image('image/png', png)).rejects.toMatchObject({ code: 'invalid_media' });
  });

  it('as invalid_media for magic bytes only, or another format than was sniffed', async () => {
    await expect(image('image/gif', Buffer.from('GIF89a<html></html>'))).rejects.toMatchObject({
      code: 'invalid_media',
    });
    await expect(image('image/jpeg', await makePng())).rejects.toMatchObject({ code: 'invalid_media' });
  });

  it('as invalid_media for SVG under any content type: its loader is blocked', async () => {
    const secret = join(tester.folder, 'secret.png');
    await writeFile(secret, await makePng());
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">' +
      `<image href="${secret}" width="9" height="9"/></svg>`;
    await expect(image('image/png', Buffer.from(svg))).rejects.toMatchObject({ code: 'invalid_media' });
  });

  it('as too_complex for a header of 2.5 gigapixels, at once and without allocating the memory', async () => {
    const before = await tester.memoryBytes();
    const startedAt = Date.now();
    await expect(image('image/png', withHeaderSize(await makePng(), 50_000, 50_000))).rejects.toMatchObject({
      code: 'too_complex',
    });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(tester.peakBytes() - before).toBeLessThan(300 * 1024 ** 2);
  });

  it.each<[string, string, () => Promise<Buffer>]>([
    ['progressive JPEG', 'image/jpeg', async () => withJpegSize(await makeJpeg({ progressive: true }), 12_400, 9_600)],
    [
      'interlaced PNG',
      'image/png',
      async () =>
        withHeaderSize(
          await sharp(await makePng({ background: { r: 255, g: 0, b: 0, alpha: 0.5 } }))
            .png({ progressive: true })
            .toBuffer(),
          9_900,
          9_900,
        ),
    ],
    [
      'interlaced PNG of 16 bits',
      'image/png',
      async () =>
        withHeaderSize(
          await sharp(await makePng())
            .toColourspace('rgb16')
            .png({ progressive: true })
            .toBuffer(),
          8_000,
          8_000,
        ),
    ],
    ['GIF', 'image/gif', async () => withGifSize(await makeGif({ frames: 1 }), 9_000, 9_000)],
  ])('as too_complex for %s that a decoder would have to hold in memory', async (_, contentType, make) => {
    await expect(image(contentType, await make())).rejects.toMatchObject({ code: 'too_complex' });
  });
});

/** The same JPEG with another size in its frame header (ITU-T T.81, B.2.2). */
function withJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const frame = [0xc0, 0xc2].map((marker) => copy.indexOf(Buffer.from([0xff, marker, 0]))).find((at) => at > 0)!;
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

/** The same GIF with another size of its screen and of its only frame. */
function withGifSize(gif: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(gif);
  for (const at of [6, copy.indexOf(Buffer.from([0x2c, 0, 0, 0, 0])) + 5]) {
    copy.writeUInt16LE(width, at);
    copy.writeUInt16LE(height, at + 2);
  }
  return copy;
}

/** The same PNG with another size in its header, and a valid checksum. */
function withHeaderSize(png: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(png);
  copy.writeUInt32BE(width, 16);
  copy.writeUInt32BE(height, 20);
  copy.writeUInt32BE(crc32(copy.subarray(12, 29)), 29);
  return copy;
}
