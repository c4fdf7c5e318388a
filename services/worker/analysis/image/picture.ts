import { join } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { formats, type DerivedFile } from '#contracts';
import { isExhaustion } from '../exhaustion';
import { MediaFailure } from '../media-failure';

export const MAX_PIXELS = 100_000_000;
/** Beyond 8 bits a whole frame takes at least twice the memory. */
const MAX_DEEP_PIXELS = 40_000_000;
const SECONDS_PER_PIPELINE = 60;

export const THUMBNAIL_SIDE = 480;
export const PREVIEW_SIDE = 1_600;
/** All that a ThumbHash takes. */
const PLACEHOLDER_SIDE = 100;

/** libvips goes by content: without this it reads SVG, PDF and ImageMagick scripts under a .png name. Once per process. */
export function restrictLoaders(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const loaders = formats.flatMap(({ reader }) => ('loader' in reader ? `VipsForeignLoad${reader.loader}` : []));
  sharp.unblock({ operation: loaders });
}

/** A picture in memory: upright, 8-bit sRGB, with alpha if it had one, without any metadata. */
export interface Pixels {
  data: Buffer;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/** 'error' refuses what is cut or garbled; 'warning', the default, also refuses camera files with an odd tail. */
const readOptions = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;

/**
 * Opens a picture of untrusted bytes; reads the header alone.
 * @throws {MediaFailure} `too_complex` when the header promises more than the limits, `invalid_media` when it makes no sense.
 */
export async function readHeader(source: string | Buffer): Promise<Metadata> {
  const header = await withMediaFailures(sharp(source, readOptions).metadata());
  const deep = header.depth !== 'uchar' && header.depth !== 'char';
  if (deep && header.width * header.height > MAX_DEEP_PIXELS)
    throw new MediaFailure('too_complex', `${header.width}x${header.height} ${header.depth}`);
  return header;
}

/** Decodes a picture whole, as a viewer shows it, longest side at most `longestSide`, never enlarged. @throws {MediaFailure} */
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

/** Writes pixels as `name` into `outputDir`, longest side at most `longestSide`. */
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

/** Writes the thumbnail, and tells what to show until it is loaded. */
export async function writeThumbnail(
  pixels: Pixels,
  outputDir: string,
): Promise<{ thumbnail: DerivedFile; placeholder: string | null }> {
  return {
    thumbnail: await writeWebp(pixels, THUMBNAIL_SIDE, outputDir, 'thumbnail.webp'),
    placeholder: await placeholderOf(pixels),
  };
}

/** Its colours and rough shape in some 25 bytes. No picture is worse for the lack of it: null when it can not be made. */
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

/** How much there is to see: standard deviation of the luminance, 0 (one colour) to about 127. */
export async function contrast({ data, ...raw }: Pixels): Promise<number> {
  const { channels } = await sharp(data, { raw }).removeAlpha().greyscale().stats();
  return channels[0]!.stdev;
}

async function withMediaFailures<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw toFailure(error);
  });
}

/** libvips tells what happened in words alone. */
function toFailure(error: Error): Error {
  const words = error.message.slice(0, 300);
  if (/ENOENT|Input file is missing/.test(words) || isExhaustion(words)) return error;
  if (/exceeds pixel limit|exceed|[Tt]oo (many|large|big)|out of memory|Maximum supported/.test(words))
    return new MediaFailure('too_complex', words);
  if (/timeout/.test(words)) return new MediaFailure('processing_timeout', words);
  if (/premature end|truncated|read error|end of (file|stream)|not enough/i.test(words))
    return new MediaFailure('truncated_media', words);
  return new MediaFailure('invalid_media', words);
}
