import { join } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { formats, type DerivedFile } from '#contracts';
import { MediaFailure } from '../media-failure';
import type { ColourSpace } from './colour/colour-space';
import { type Pixels, toPixels, toSrgbPixels } from './colour/srgb-pixels';
import { assertAffordable, MAX_PIXELS } from './decoding-cost';
import { type GifCanvas, placeOnCanvas } from './gif-canvas';
import { hasEndChunk, withEndMarker } from './image-end';
import { withMediaFailures } from './vips-failure';

export type { Pixels };

const SECONDS_PER_PIPELINE = 60;

export const THUMBNAIL_SIDE = 480;
export const PREVIEW_SIDE = 1_600;
/** Effort 2 takes 40 % of the time of 4, the default of libwebp, for 4 % more bytes: see docs/performance.md. */
const WEBP = { quality: 80, effort: 2 } as const;
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

/** What a file says about its image, and libvips ignores. */
export interface Hints {
  /** Of its samples, when no ICC profile describes it. */
  colourSpace?: ColourSpace | null;
  canvas?: GifCanvas | null;
}

/**
 * Decodes an image, upright, with sides of at most `longestSide` pixels, never enlarged.
 * @throws {MediaFailure}
 */
export async function decode(source: string | Buffer, longestSide: number, hints: Hints = {}): Promise<Pixels> {
  try {
    return await decodeImage(sharp(source, readOptions), longestSide, hints);
  } catch (error) {
    if (!(error instanceof MediaFailure && error.code === 'truncated_media')) throw error;
    // libpng reports the end of a file and wrong checksums by the same message
    if (await hasEndChunk(source)) throw new MediaFailure('invalid_media', error.detail);
    const whole = await withEndMarker(source);
    if (!whole) throw error;
    // all pixels may be there; else libjpeg warns that they end too early
    const strict = sharp(whole, { ...readOptions, failOn: 'warning' });
    return decodeImage(strict, longestSide, hints).catch(() => Promise.reject(error));
  }
}

async function decodeImage(input: Sharp, longestSide: number, { colourSpace = null, canvas }: Hints): Promise<Pixels> {
  const image = input.autoOrient();
  const header = await withMediaFailures(image.metadata());
  if (header.space === 'labs' && header.hasAlpha) return decodeWithoutAlpha(image, longestSide);
  const resized = canvas ? placeOnCanvas(image, canvas, longestSide) : resizeToFit(image, longestSide);
  return toSrgbPixels(resized.timeout({ seconds: SECONDS_PER_PIPELINE }), header, colourSpace);
}

/** libvips reads alpha of Lab as 16 bits with sign, where opaque is -1: it is removed before it hides the colours. */
async function decodeWithoutAlpha(image: Sharp, longestSide: number): Promise<Pixels> {
  const withoutAlpha = image.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, ...raw } = await toPixels(withoutAlpha.timeout({ seconds: SECONDS_PER_PIPELINE }));
  return toPixels(resizeToFit(sharp(data, { raw, limitInputPixels: MAX_PIXELS }), longestSide).raw());
}

const resizeToFit = (image: Sharp, longestSide: number) =>
  image.resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true });

/** Writes pixels as WebP `name` into `outputDir`. */
export async function writeWebp({ data, ...raw }: Pixels, outputDir: string, name: string): Promise<DerivedFile> {
  await sharp(data, { raw }).webp(WEBP).toFile(join(outputDir, name));
  return { name, contentType: 'image/webp' };
}

/** Writes opaque pixels as JPEG `name` into `outputDir`. */
export async function writeJpeg({ data, ...raw }: Pixels, outputDir: string, name: string): Promise<DerivedFile> {
  await sharp(data, { raw }).jpeg({ quality: 80 }).toFile(join(outputDir, name));
  return { name, contentType: 'image/jpeg' };
}

/** Writes the thumbnail and returns it with its placeholder. */
export async function writeThumbnail(
  { data, ...raw }: Pixels,
  outputDir: string,
): Promise<{ thumbnail: DerivedFile; placeholder: string | null }> {
  const small = await toPixels(resizeToFit(sharp(data, { raw }), THUMBNAIL_SIDE).raw());
  return {
    thumbnail: await writeWebp(small, outputDir, 'thumbnail.webp'),
    placeholder: await placeholderOf(small),
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
  canvas: GifCanvas | null,
  outputPath: string,
): Promise<void> {
  const input = sharp(path, { ...readOptions, pages: frames });
  const resized = canvas ? placeOnCanvas(input, canvas, PREVIEW_SIDE) : resizeToFit(input, PREVIEW_SIDE);
  const animation = resized.toColourspace('srgb').webp({ quality: 75, effort: 2 });
  await withMediaFailures(animation.timeout({ seconds: SECONDS_PER_PIPELINE }).toFile(outputPath));
}

/** Standard deviation of the luminance, 0 (one colour) to about 127. */
export async function contrast({ data, ...raw }: Pixels): Promise<number> {
  // in two pipelines: `stats()` ignores the operations of its own (https://sharp.pixelplumbing.com/api-input/#stats)
  const grey = await sharp(data, { raw }).removeAlpha().greyscale().raw().toBuffer();
  const { channels } = await sharp(grey, { raw: { width: raw.width, height: raw.height, channels: 1 } }).stats();
  return channels[0]!.stdev;
}
