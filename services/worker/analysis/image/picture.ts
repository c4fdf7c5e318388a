import { join } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { formats, type DerivedFile } from '#contracts';
import { isExhaustion } from '../exhaustion';
import { MediaFailure } from '../media-failure';
import { assertAffordable, MAX_PIXELS } from './decoding-cost';

const SECONDS_PER_PIPELINE = 60;

export const THUMBNAIL_SIDE = 480;
export const PREVIEW_SIDE = 1_600;
/** Maximum size of a ThumbHash input. */
const PLACEHOLDER_SIDE = 100;

/**
 * Restricts libvips to the loaders of accepted formats, once per process: it sniffs the content and would otherwise
 * read SVG, PDF and ImageMagick scripts named .png.
 */
export function restrictLoaders(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const loaders = formats.flatMap(({ reader }) => ('loader' in reader ? `VipsForeignLoad${reader.loader}` : []));
  sharp.unblock({ operation: loaders });
}

/** A decoded image: upright, 8-bit sRGB, with alpha if it had one, without metadata. */
export interface Pixels {
  data: Buffer;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/** 'error' rejects truncated and garbled files; 'warning', the default, also camera files with trailing data. */
const readOptions = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;

/**
 * Reads the header of an untrusted image.
 * @throws {MediaFailure} `too_complex` when decoding it would exceed the limits, `invalid_media` when it is invalid
 */
export async function readHeader(source: string | Buffer): Promise<Metadata> {
  const header = await withMediaFailures(sharp(source, readOptions).metadata());
  assertAffordable(header);
  return header;
}

/**
 * Decodes an image, upright, with sides of at most `longestSide` pixels, never enlarged.
 * @throws {MediaFailure}
 */
export async function decode(source: string | Buffer, longestSide: number): Promise<Pixels> {
  const pipeline = resizeToFit(sharp(source, readOptions).autoOrient(), longestSide)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' });
  const { data, info } = await withMediaFailures(
    pipeline.timeout({ seconds: SECONDS_PER_PIPELINE }).toBuffer({ resolveWithObject: true }),
  );
  return { data, width: info.width, height: info.height, channels: info.channels };
}

const resizeToFit = (image: Sharp, longestSide: number) =>
  image.resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true });

/** Writes pixels as WebP `name` into `outputDir`, with sides of at most `longestSide` pixels. */
export async function writeWebp(
  pixels: Pixels,
  longestSide: number,
  outputDir: string,
  name: string,
): Promise<DerivedFile> {
  const { data, ...raw } = pixels;
  await resizeToFit(sharp(data, { raw }), longestSide).webp({ quality: 80 }).toFile(join(outputDir, name));
  return { name, contentType: 'image/webp' };
}

/** Writes the thumbnail and returns it with its placeholder. */
export async function writeThumbnail(
  pixels: Pixels,
  outputDir: string,
): Promise<{ thumbnail: DerivedFile; placeholder: string | null }> {
  return {
    thumbnail: await writeWebp(pixels, THUMBNAIL_SIDE, outputDir, 'thumbnail.webp'),
    placeholder: await placeholderOf(pixels),
  };
}

/** A base64 ThumbHash of about 25 bytes; null when it cannot be made, since it is optional. */
async function placeholderOf({ data, ...raw }: Pixels): Promise<string | null> {
  try {
    const small = await resizeToFit(sharp(data, { raw }), PLACEHOLDER_SIDE)
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return Buffer.from(rgbaToThumbHash(small.info.width, small.info.height, small.data)).toString('base64');
  } catch {
    return null;
  }
}

/** Writes the first `frames` frames as an animation. @throws {MediaFailure} */
export async function writeAnimation(
  path: string,
  frames: number,
  outputDir: string,
  name: string,
): Promise<DerivedFile> {
  const animation = resizeToFit(sharp(path, { ...readOptions, pages: frames }), PREVIEW_SIDE).toColourspace('srgb');
  await withMediaFailures(
    animation.webp({ quality: 75, effort: 2 }).timeout({ seconds: SECONDS_PER_PIPELINE }).toFile(join(outputDir, name)),
  );
  return { name, contentType: 'image/webp' };
}

/** Standard deviation of the luminance, 0 (one colour) to about 127. */
export async function contrast({ data, ...raw }: Pixels): Promise<number> {
  // in two pipelines: `stats()` ignores the operations of its own (https://sharp.pixelplumbing.com/api-input/#stats)
  const grey = await sharp(data, { raw }).removeAlpha().greyscale().raw().toBuffer();
  const { channels } = await sharp(grey, { raw: { width: raw.width, height: raw.height, channels: 1 } }).stats();
  return channels[0]!.stdev;
}

/** Maps errors of libvips to {@link MediaFailure}. */
async function withMediaFailures<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw toFailure(error);
  });
}

/** libvips reports errors as messages only, without codes. */
function toFailure(error: Error): Error {
  const message = error.message.slice(0, 300);
  if (/ENOENT|Input file is missing/.test(message) || isExhaustion(message)) return error;
  if (/exceeds pixel limit|exceed|[Tt]oo (many|large|big)|out of memory|Maximum supported/.test(message))
    return new MediaFailure('too_complex', message);
  if (/timeout/.test(message)) return new MediaFailure('processing_timeout', message);
  if (/premature end|truncated|read error|end of (file|stream)|not enough/i.test(message))
    return new MediaFailure('truncated_media', message);
  return new MediaFailure('invalid_media', message);
}
