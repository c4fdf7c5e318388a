import sharp, { type Metadata } from 'sharp';
import { decode, type Pixels } from '../picture';
import { type DecodedPicture, PrimaryImage } from './libheif';

/** The most that phones write is 50 megapixels, and panoramas that are a little larger; they take up to 650 MB. */
const MAX_HEIC_PIXELS = 60_000_000;

/**
 * Opens a HEIC. The libvips of sharp comes without a decoder of HEVC and refuses files of more than 256 items, which
 * the tiles of a large photograph may exceed, so libheif reads it. Its orientation in EXIF is ignored: phones repeat
 * there what the container says, and libheif has applied that (`irot` and `imir`, ISO/IEC 23008-12, 6.5).
 * @throws {MediaFailure}
 */
export async function openHeic(
  path: string,
): Promise<{ header: Metadata; decodeTo: (longestSide: number) => Promise<Pixels> }> {
  const image = await PrimaryImage.open(path, MAX_HEIC_PIXELS);
  const icc = image.profile();
  return {
    header: headerOf(image),
    decodeTo: async (longestSide) => {
      const small = await shrink(image.decode(), longestSide);
      return icc ? decode(tiffOf(small, icc), longestSide) : small;
    },
  };
}

/** The header as sharp describes those of other formats. */
function headerOf(image: PrimaryImage): Metadata {
  const [width, height] = image.size();
  const hasAlpha = image.hasAlpha();
  const bitsPerSample = image.bitsPerSample();
  const isDeep = bitsPerSample > 8;
  return {
    format: 'heif',
    compression: 'hevc',
    width,
    height,
    autoOrient: { width, height },
    space: isDeep ? 'rgb16' : 'srgb',
    channels: hasAlpha ? 4 : 3,
    depth: isDeep ? 'ushort' : 'uchar',
    bitsPerSample,
    hasAlpha,
    hasProfile: false,
    isProgressive: false,
    isPalette: false,
    exif: image.exif(),
  };
}

async function shrink({ data, width, height, channels }: DecodedPicture, longestSide: number): Promise<Pixels> {
  const pixels = await sharp(data, { raw: { width, height, channels } })
    .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: pixels.data, width: pixels.info.width, height: pixels.info.height, channels };
}

/** Field types of TIFF 6.0. */
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;

/** Wraps pixels in an uncompressed TIFF: sharp converts from an ICC profile only where a file contains it. */
function tiffOf({ data, width, height, channels }: Pixels, icc: Buffer): Buffer {
  const fieldsAt = 8;
  const fieldCount = channels === 4 ? 12 : 11;
  const bitsAt = fieldsAt + 2 + 12 * fieldCount + 4;
  const iccAt = bitsAt + 8;
  const dataAt = iccAt + icc.length + (icc.length % 2);
  const fields: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, bitsAt],
    [259, SHORT, 1, 1], // not compressed
    [262, SHORT, 1, 2], // RGB
    [273, LONG, 1, dataAt],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height], // one strip
    [279, LONG, 1, data.length],
    [284, SHORT, 1, 1], // interleaved
    ...(channels === 4 ? [[338, SHORT, 1, 2] as [number, number, number, number]] : []), // unassociated alpha
    [34_675, UNDEFINED, icc.length, iccAt],
  ];
  const head = Buffer.alloc(dataAt);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(fieldsAt, 4);
  head.writeUInt16LE(fields.length, fieldsAt);
  for (const [index, [tag, type, count, value]] of fields.entries()) {
    const at = fieldsAt + 2 + 12 * index;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8); // a SHORT is in its lower half
  }
  for (let channel = 0; channel < channels; channel += 1) head.writeUInt16LE(8, bitsAt + 2 * channel);
  icc.copy(head, iccAt);
  return Buffer.concat([head, data]);
}
