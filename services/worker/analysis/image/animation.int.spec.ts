import sharp from 'sharp';
import { ffmpeg, makeGif, makeJpeg } from '#testing';
import { setupSandboxTester } from '../../sandbox/sandbox.testing';

const tester = setupSandboxTester();
const image = (contentType: string, file: Buffer) => tester.analyse({ kind: 'image', contentType }, file);

/** The same GIF with another size of its canvas. */
function withCanvas(gif: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(gif);
  copy.writeUInt16LE(width, 6);
  copy.writeUInt16LE(height, 8);
  return copy;
}

async function alphaAt(path: string, x: number, y: number): Promise<number> {
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return data[(y * info.width + x) * info.channels + 3]!;
}

describe('a GIF whose frames do not reach its canvas', () => {
  it.each([
    [100, 90],
    [640, 480],
    [3_000, 2_000],
  ])('has the size of its canvas, %i x %i, and is transparent around them', async (width, height) => {
    const opaque = await sharp(await makeJpeg({ width: 80, height: 60 }))
      .gif()
      .toBuffer();
    const { facts, path } = await image('image/gif', withCanvas(opaque, width, height));
    expect(facts).toMatchObject({ width, height, metadata: { hasAlpha: true } });
    const thumbnail = await sharp(path('thumbnail.webp')).metadata();
    expect(thumbnail.width! / thumbnail.height!).toBeCloseTo(width / height, 1);
    expect(await alphaAt(path('preview.webp'), 2, 2)).toBe(255);
    expect(await alphaAt(path('preview.webp'), Math.min(width, 1_600) - 2, 2)).toBe(0);
  });

  it('keeps the size of its canvas when it is animated', async () => {
    const gif = withCanvas(await makeGif({ frames: 3 }), 800, 600);
    const { facts, path } = await image('image/gif', gif);
    expect(facts).toMatchObject({ width: 800, height: 600, metadata: { frames: 3 } });
    const preview = await sharp(path('preview.webp'), { animated: true }).metadata();
    expect(preview).toMatchObject({ width: 800, pageHeight: 600, pages: 3 });
  });

  it.each([
    ['beyond its canvas', 65_000],
    ['at an offset', 10],
  ])('is shown when its frame is %s', async (_, left) => {
    const gif = await sharp(await makeJpeg({ width: 80, height: 60 }))
      .gif()
      .toBuffer();
    gif.writeUInt16LE(left, gif.indexOf(Buffer.from([0x2c, 0, 0, 0, 0])) + 1);
    expect((await image('image/gif', withCanvas(gif, 100, 60))).facts).toMatchObject({ height: 60 });
  });

  it('is too complex when its canvas is', async () => {
    const gif = withCanvas(await makeGif({ frames: 1 }), 65_535, 65_535);
    await expect(image('image/gif', gif)).rejects.toMatchObject({ code: 'too_complex' });
  });
});

it('an AVIF sequence is described by its frames and shown by the first one', async () => {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=5', '-t', '2'];
  const avif = await ffmpeg([...source, '-c:v', 'libaom-av1', '-cpu-used', '8', '-f', 'avif']);
  const { facts, path } = await image('image/avif', avif);
  expect(facts).toMatchObject({ width: 96, height: 64, durationSeconds: 2, metadata: { frames: 10 } });
  expect(await sharp(path('preview.webp')).metadata()).toMatchObject({ width: 96, height: 64 });
});
