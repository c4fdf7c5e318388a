import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import type { DerivedFile } from '#contracts';
import { makeAvif, makeGif, makeJpeg, makePng, makeTiff, makeWebp } from '#testing';
import { setupSandboxTester } from '../../sandbox/sandbox.testing';

const tester = setupSandboxTester();
const image = (contentType: string, file: Buffer) => tester.analyse({ kind: 'image', contentType }, file);

const largeGrey = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } });

describe('an image', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['image/jpeg', () => makeJpeg({ width: 2_000, height: 1_000 })],
    ['image/png', () => makePng({ width: 2_000, height: 1_000 })],
    ['image/webp', () => makeWebp({ width: 2_000, height: 1_000 })],
    ['image/tiff', () => makeTiff({ width: 2_000, height: 1_000 })],
    ['image/avif', () => makeAvif({ width: 2_000, height: 1_000 })],
    ['image/gif', () => makeGif({ width: 2_000, height: 1_000, frames: 1 })],
  ])('%s gets facts, thumbnail and preview', async (contentType, make) => {
    const { facts, path } = await image(contentType, await make());
    expect(facts).toMatchObject({ kind: 'image', width: 2_000, height: 1_000, durationSeconds: null });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ format: 'webp', width: 480, height: 240 });
    const { name } = facts.derived.preview as DerivedFile;
    const format = contentType === 'image/jpeg' ? 'jpeg' : 'webp';
    expect(await sharp(path(name)).metadata()).toMatchObject({ format, width: 1_600, height: 800 });
  });

  it('is never enlarged, and never narrower than a pixel', async () => {
    const small = await image('image/png', await makePng({ width: 20, height: 10 }));
    expect(await sharp(small.path('thumbnail.webp')).metadata()).toMatchObject({ width: 20, height: 10 });
    const thin = await image('image/png', await makePng({ width: 1, height: 20_000 }));
    expect(thin.facts).toMatchObject({ width: 1, height: 20_000 });
    expect(await sharp(thin.path('thumbnail.webp')).metadata()).toMatchObject({ width: 1, height: 480 });
  });

  it.each<[string, number, number, () => Promise<Buffer>]>([
    ['image/jpeg', 16_320, 12_240, () => largeGrey(16_320, 12_240).jpeg().toBuffer()],
    ['image/png', 12_000, 9_000, () => largeGrey(12_000, 9_000).png({ compressionLevel: 1 }).toBuffer()],
  ])('%s of a camera with %i x %i pixels is read piece by piece', async (contentType, width, height, make) => {
    const file = await make();
    const before = await tester.memoryBytes();
    expect((await image(contentType, file)).facts).toMatchObject({ width, height });
    expect(tester.peakBytes() - before).toBeLessThan(200 * 1024 ** 2);
  });

  it('gets a placeholder of its colours and shape', async () => {
    const red = await image(
      'image/png',
      await makePng({ width: 600, height: 300, background: { r: 220, g: 30, b: 30 } }),
    );
    const hash = Buffer.from(red.facts.placeholder!, 'base64');
    const { r, g, b } = thumbHashToAverageRGBA(hash);
    expect(r).toBeGreaterThan(0.8);
    expect(Math.max(g, b)).toBeLessThan(0.2);
    expect(thumbHashToApproximateAspectRatio(hash)).toBeGreaterThan(1.5);
    expect((await image('image/png', await makePng({ width: 1, height: 20_000 }))).facts.placeholder).toEqual(
      expect.any(String),
    );
  });

  it.each([
    [1, 60, 40],
    [3, 60, 40],
    [6, 40, 60],
    [8, 40, 60],
  ])('is rotated upright with orientation %i', async (orientation, width, height) => {
    const { facts, path } = await image('image/jpeg', await makeJpeg({ width: 60, height: 40, orientation }));
    expect(facts).toMatchObject({ width, height, metadata: { orientation } });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width, height });
  });

  it('keeps alpha and is converted to sRGB', async () => {
    const translucent = await image('image/png', await makePng({ background: { r: 255, g: 0, b: 0, alpha: 0.5 } }));
    expect((await sharp(translucent.path('preview.webp')).stats()).isOpaque).toBe(false);
    const cmyk = await sharp(await makeJpeg())
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect(await sharp((await image('image/jpeg', cmyk)).path('preview.jpg')).metadata()).toMatchObject({
      space: 'srgb',
      channels: 3,
    });
    const deep = await sharp(await makePng())
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect(await sharp((await image('image/png', deep)).path('preview.webp')).metadata()).toMatchObject({
      space: 'srgb',
      depth: 'uchar',
    });
  });

  it('keeps its location in the metadata, and strips it from derived files', async () => {
    const location = {
      GPSLatitudeRef: 'N',
      GPSLatitude: '48/1 51/1 0/1',
      GPSLongitudeRef: 'E',
      GPSLongitude: '2/1 18/1 0/1',
    };
    const { facts, path } = await image(
      'image/jpeg',
      await makeJpeg({ exif: { IFD0: { Make: 'Acme' }, IFD3: location } }),
    );
    expect(facts.metadata).toMatchObject({ cameraMake: 'Acme', gps: { latitude: 48.85, longitude: 2.3 } });
    for (const name of ['thumbnail.webp', 'preview.jpg']) {
      const { exif, xmp, iptc, icc } = await sharp(path(name)).metadata();
      expect({ exif, xmp, iptc, icc }).toEqual({});
    }
  });

  it.each([
    ['a colour', { channels: 3, background: '#2060c0' }, '#2060c0'],
    ['transparent', { channels: 4, background: '#00000000' }, '#ffffff'],
  ] as const)('has the dominant colour of an image in %s', async (_, create, colour) => {
    const png = await sharp({ create: { width: 40, height: 20, ...create } })
      .png()
      .toBuffer();
    expect((await image('image/png', png)).facts.metadata).toMatchObject({ dominantColour: colour });
  });

  it('has the dominant colour of a grey image', async () => {
    const grey = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect((await image('image/png', grey)).facts.metadata).toMatchObject({ dominantColour: '#808080' });
  });

  it('has an animated preview when it is animated', async () => {
    const { facts, path } = await image('image/gif', await makeGif({ frames: 5, delayMs: 200 }));
    expect(facts).toMatchObject({ width: 80, height: 60, durationSeconds: 1, metadata: { frames: 5 } });
    expect(await sharp(path('preview.webp')).metadata()).toMatchObject({ pages: 5, width: 80 });
    expect((await sharp(path('thumbnail.webp')).metadata()).pages).toBeUndefined();
  });

  it.each([false, true])('is complete when a JPEG lacks only its end marker (progressive: %s)', async (progressive) => {
    const jpeg = await makeJpeg({ progressive, grain: 20 });
    const { facts } = await image('image/jpeg', jpeg.subarray(0, -2));
    expect(facts).toMatchObject({ width: 320, height: 240 });
  });
});
