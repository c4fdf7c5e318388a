import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { DerivedFile } from '#contracts';
import { ffmpeg } from '#testing';
import { setupSandboxTester } from '../../../sandbox/sandbox.testing';
import { labTiffWithAlpha, linearGreyProfile, uint32, withChunks } from './colour.testing';

type Rgb = [number, number, number];

const tester = setupSandboxTester();
const plain = (background: string) => sharp({ create: { width: 32, height: 32, channels: 3, background } });
const inP3 = () => plain('#c83c28').withIccProfile('p3');
const gamma = (value: number): [string, Buffer] => ['gAMA', uint32(value)];
const hex = (...colour: number[]) => `#${Buffer.from(colour).toString('hex')}`;

/** Analyses a file of one colour and returns that colour in the preview, with alpha if the preview has it. */
async function shown(contentType: string, file: Buffer): Promise<number[]> {
  const { facts, path } = await tester.analyse({ kind: 'image', contentType }, file);
  const { name } = facts.derived.preview as DerivedFile;
  const { data, info } = await sharp(path(name)).raw().toBuffer({ resolveWithObject: true });
  const middle = (16 * info.width + 16) * info.channels;
  return [...data.subarray(middle, middle + info.channels)];
}

async function expectShown(contentType: string, file: Buffer, expected: number[], tolerance = 4): Promise<void> {
  const colour = await shown(contentType, file);
  expect(colour).toHaveLength(expected.length);
  const difference = Math.max(...colour.map((value, i) => Math.abs(value - expected[i]!)));
  if (difference > tolerance) expect(colour).toEqual(expected); // shows both
}

describe('an ICC profile', () => {
  it.each<[string, string, () => Sharp]>([
    ['a PNG of 16 bits', 'image/png', () => inP3().toColourspace('rgb16').png()],
    ['a TIFF of 16 bits', 'image/tiff', () => inP3().toColourspace('rgb16').tiff({ compression: 'lzw' })],
    ['an AVIF of 10 bits', 'image/avif', () => inP3().avif({ bitdepth: 10, quality: 90, effort: 0 })],
    ['a PNG of 8 bits', 'image/png', () => inP3().png()],
  ])('of %s is applied', async (_, contentType, make) => {
    await expectShown(contentType, await make().toBuffer(), [0xc8, 0x3c, 0x28]);
  });

  it.each(['b-w', 'grey16'])('of a PNG in %s is applied', async (space) => {
    const png = await plain('#404040').toColourspace(space).png().toBuffer();
    const profile = Buffer.concat([Buffer.from('linear\0\0', 'latin1'), deflateSync(linearGreyProfile())]);
    await expectShown('image/png', withChunks(png, ['iCCP', profile]), [137, 137, 137]);
  });

  it('of CMYK does not make dark ink black', async () => {
    const dark = plain('#203040').withIccProfile('cmyk').toColourspace('cmyk').jpeg({ quality: 100 });
    const inChromium = [58, 58, 71];
    await expectShown('image/jpeg', await dark.toBuffer(), inChromium, 12);
  });
});

/** As Chromium 156 shows samples of these code points (ITU-T H.273, tables 2 and 3). */
const codePoints: [string, number, number, Rgb, Rgb][] = [
  ['Display P3', 12, 13, [191, 100, 60], [205, 94, 48]],
  ['BT.2020', 9, 1, [191, 100, 60], [229, 79, 47]],
  ['linear light', 1, 8, [191, 100, 60], [224, 168, 133]],
  ['gamma 2.2', 1, 4, [64, 64, 64], [62, 62, 62]],
  ['PQ', 9, 16, [128, 64, 64], [165, 0, 24]],
  ['HLG', 9, 18, [191, 100, 60], [209, 56, 35]],
];

describe('code points', () => {
  it.each(codePoints)('of %s in an AVIF are applied', async (_, primaries, transfer, samples, expected) => {
    const avif = await plain(hex(...samples))
      .avif({ lossless: true, effort: 0 })
      .toBuffer();
    const colr = avif.indexOf('colrnclx');
    avif.writeUInt16BE(primaries, colr + 8);
    avif.writeUInt16BE(transfer, colr + 10);
    await expectShown('image/avif', avif, expected);
  });

  it.each(codePoints)('of %s in a PNG are applied', async (_, primaries, transfer, samples, expected) => {
    const png = await plain(hex(...samples))
      .png()
      .toBuffer();
    const cicp = Buffer.from([primaries, transfer, 0, 1]);
    await expectShown('image/png', withChunks(png, ['cICP', cicp]), expected);
  });

  it('of a grey AVIF of limited range are applied', async () => {
    const source = ['-f', 'lavfi', '-i', 'color=black:s=64x64,format=gray', '-frames:v', '1'];
    const coder = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-still-picture', '1', '-color_range', 'tv'];
    await expectShown('image/avif', await ffmpeg([...source, ...coder, '-f', 'avif']), [0, 0, 0]);
  });
});

describe('gamma and chromaticities of a PNG', () => {
  const p3: [string, Buffer] = ['cHRM', uint32(31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000)];
  const srgb: [string, Buffer] = ['sRGB', Buffer.from([0])];

  it.each<[string, [string, Buffer][], Rgb]>([
    ['linear light', [gamma(100_000)], [224, 168, 133]],
    ['gamma 2.2 of P3', [gamma(45_455), p3], [206, 93, 44]],
    ['P3 without gamma, which browsers ignore', [p3], [191, 100, 60]],
    ['linear light that is said to be sRGB', [srgb, gamma(100_000)], [191, 100, 60]],
    ['primaries on one line', [gamma(45_455), ['cHRM', uint32(...Array<number>(8).fill(30_000))]], [191, 100, 60]],
    ['no gamma', [gamma(0)], [191, 100, 60]],
    ['a chunk that is too short', [['gAMA', Buffer.alloc(1)]], [191, 100, 60]],
  ])('are those of %s', async (_, chunks, expected) => {
    const png = await plain(hex(191, 100, 60))
      .png()
      .toBuffer();
    await expectShown('image/png', withChunks(png, ...chunks), expected);
  });

  it.each(['b-w', 'grey16', 'rgb16'])('apply to %s', async (space) => {
    const png = await plain('#808080').toColourspace(space).png().toBuffer();
    await expectShown('image/png', withChunks(png, gamma(100_000)), [188, 188, 188]);
  });

  it('leave alpha as it is', async () => {
    const png = await plain('#808080').ensureAlpha(0.5).png().toBuffer();
    await expectShown('image/png', withChunks(png, gamma(100_000)), [188, 188, 188, 128]);
  });
});

it('CMYK without a profile is shown as browsers show it', async () => {
  const jpeg = await plain('#4060c0').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  const inks = await sharp(jpeg).pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer();
  const [cyan, magenta, yellow, black] = [...inks.subarray(0, 4)].map((ink) => 1 - ink / 255) as [...Rgb, number];
  await expectShown(
    'image/jpeg',
    jpeg,
    [cyan, magenta, yellow].map((light) => light * black * 255),
  );
});

it('Lab with alpha is not transparent', async () => {
  await expectShown('image/tiff', labTiffWithAlpha([53, 80, 67]), [255, 0, 0]);
});
