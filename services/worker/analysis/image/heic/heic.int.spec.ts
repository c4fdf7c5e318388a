import sharp from 'sharp';
import { makeHeic, makePng, type HeicOptions } from '#testing';
import { setupSandboxTester } from '../../../sandbox/sandbox.testing';

const tester = setupSandboxTester();
const analyse = (file: Buffer) => tester.analyse({ kind: 'image', contentType: 'image/heic' }, file);

/** The colours in the middle of the quarters of an image, from left to right and top to bottom. */
async function quartersOf(path: string): Promise<string[]> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = (Math.floor(info.height * y) * info.width + Math.floor(info.width * x)) * 3;
    return nameOf(data.subarray(start, start + 3));
  };
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
}

const names: Record<string, string> = { '100': 'red', '010': 'lime', '001': 'blue', '111': 'white' };
const nameOf = (rgb: Uint8Array) => names[[...rgb].map((value) => (value > 127 ? 1 : 0)).join('')] ?? `${[...rgb]}`;

async function shownColour(options: HeicOptions): Promise<number[]> {
  const { path } = await analyse(await makeHeic(options));
  return (await sharp(path('preview.webp')).stats()).channels.map(({ mean }) => mean);
}

const distance = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, at) => Math.abs(value - b[at]!)));

describe('a HEIC', () => {
  const upright = ['red', 'lime', 'blue', 'white'];
  it.each<[string, HeicOptions, [number, number], string[]]>([
    ['of one picture', {}, [96, 64], upright],
    ['of 10 bits', { bits: 10 }, [96, 64], upright],
    ['with a grid of tiles', { grid: [2, 2], size: [256, 128] }, [256, 128], upright],
    ['with more tiles than libvips accepts', { grid: [16, 17], size: [384, 408] }, [384, 408], upright],
    ['that is turned a quarter', { rotation: 1 }, [64, 96], ['lime', 'white', 'red', 'blue']],
    ['that is turned around', { rotation: 2 }, [96, 64], ['white', 'blue', 'lime', 'red']],
    [
      'that is turned, and whose EXIF says so, too',
      { rotation: 3, orientation: 6 },
      [64, 96],
      ['blue', 'red', 'white', 'lime'],
    ],
    ['whose EXIF alone has an orientation', { orientation: 6 }, [96, 64], upright],
    ['that is cropped', { crop: [48, 64] }, [48, 64], upright],
    ['with another image before the primary one', { extra: 'image' }, [96, 64], upright],
    ['with a depth map', { extra: 'depth' }, [96, 64], upright],
    ['with a garbled ICC profile', { icc: Buffer.alloc(200, 1) }, [96, 64], upright],
    ['of the brand mif1', { brand: 'mif1' }, [96, 64], upright],
  ])('%s is shown as its container says', async (_, options, [width, height], colours) => {
    const { facts, path } = await analyse(await makeHeic(options));
    expect(facts).toMatchObject({ kind: 'image', width, height, codecs: ['hevc'], placeholder: expect.any(String) });
    expect(facts.metadata).not.toHaveProperty('orientation');
    for (const name of ['thumbnail.webp', 'preview.webp']) {
      expect(await sharp(path(name)).metadata()).toMatchObject({ format: 'webp', width, height });
      expect(await quartersOf(path(name))).toEqual(colours);
    }
  });

  it('has the camera, the time and the place of its EXIF', async () => {
    const exif = {
      IFD0: { Make: 'Acme', Model: 'Phone 1' },
      IFD2: { DateTimeOriginal: '2024:05:04 10:20:30', OffsetTimeOriginal: '+02:00' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '2/1 18/1 0/1' },
    };
    const { facts, path } = await analyse(await makeHeic({ exif }));
    expect(facts.metadata).toMatchObject({
      cameraMake: 'Acme',
      cameraModel: 'Phone 1',
      takenAt: '2024-05-04T10:20:30+02:00',
      gps: { latitude: 48.85, longitude: 2.3 },
      dominantColour: expect.stringMatching(/^#/),
    });
    expect((await sharp(path('preview.webp')).metadata()).exif).toBeUndefined();
  });

  it('is converted to sRGB from its ICC profile', async () => {
    const p3 = await sharp(await makePng({ width: 8, height: 8 }))
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { icc } = await sharp(p3).metadata();
    const colour = '0xc8503c';
    expect(distance(await shownColour({ colour }), [0xc8, 0x50, 0x3c])).toBeLessThan(4);
    expect(distance(await shownColour({ colour, icc }), [0xd9, 0x46, 0x32])).toBeLessThan(4);
  });

  it('keeps its alpha', async () => {
    const { facts, path } = await analyse(await makeHeic({ extra: 'alpha' }));
    expect(facts.metadata).toMatchObject({ hasAlpha: true });
    expect((await sharp(path('preview.webp')).stats()).isOpaque).toBe(false);
  });

  it('has sides of at most 480 and 1600 pixels in its thumbnail and preview', async () => {
    const { facts, path } = await analyse(await makeHeic({ size: [2_000, 1_000], grid: [2, 2] }));
    expect(facts).toMatchObject({ width: 2_000, height: 1_000 });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 480, height: 240 });
    expect(await sharp(path('preview.webp')).metadata()).toMatchObject({ width: 1_600, height: 800 });
  });
});

const withoutSize = (file: Buffer) => {
  file.write('skip', file.indexOf('ispe'));
  return file;
};

describe('an invalid HEIC is rejected', () => {
  it.each<[string, string, HeicOptions, ((file: Buffer) => Buffer)?]>([
    ['truncated_media', 'cut in half', { grid: [2, 2] }, (file) => file.subarray(0, file.length / 2)],
    ['truncated_media', 'without its last tile', { grid: [2, 2] }, (file) => file.subarray(0, -100)],
    ['truncated_media', 'without its last byte', {}, (file) => file.subarray(0, -1)],
    ['truncated_media', 'without the end of its EXIF', { exif: {} }, (file) => file.subarray(0, -9)],
    ['invalid_media', 'with a header only', {}, (file) => file.subarray(0, 24)],
    ['invalid_media', 'with another size than it states', { statedSize: [7_000, 7_000] }],
    ['invalid_media', 'without a size', {}, withoutSize],
    ['invalid_media', 'with garbage for the pixels', {}, (file) => file.fill(0x55, file.indexOf('mdat') + 4)],
    ['invalid_media', 'of 300 images that refer to each other', { nesting: 300 }],
    ['too_complex', 'that states 64 megapixels', { statedSize: [8_000, 8_000] }],
    ['too_complex', 'that states 3.6 gigapixels', { statedSize: [60_000, 60_000] }],
  ])('as %s when it is %s', async (code, _, options, damage = (file) => file) => {
    await expect(analyse(damage(await makeHeic(options)))).rejects.toMatchObject({ code });
  });

  it('as invalid_media when it claims to be AVIF', async () => {
    const job = { kind: 'image', contentType: 'image/avif' } as const;
    await expect(tester.analyse(job, await makeHeic())).rejects.toMatchObject({ code: 'invalid_media' });
  });
});
