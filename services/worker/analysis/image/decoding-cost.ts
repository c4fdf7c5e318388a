import type { Metadata } from 'sharp';
import { MediaFailure } from '../media-failure';

/** Phones and cameras on sale make images of up to 240 megapixels. */
export const MAX_PIXELS = 250_000_000;

/** Pixels of all frames of an animation together: its preview encodes each of them. */
export const MAX_ANIMATION_PIXELS = 100_000_000;

/** What a decoder may hold at once, while it reads formats that it cannot read row by row. */
const MAX_HELD_BYTES = 350_000_000;
/** libheif makes several copies of an image; this still fits into the memory limit of an analysis process. */
const MAX_HELD_BYTES_OF_AVIF = 870_000_000;

/**
 * Checks the size of an image by the memory that decoding it takes, before it is decoded.
 * @throws {MediaFailure} `too_complex`
 */
export function assertAffordable(header: Metadata): void {
  const pixels = header.width * header.height;
  const limit = header.format === 'heif' ? MAX_HELD_BYTES_OF_AVIF : MAX_HELD_BYTES;
  if (pixels > MAX_PIXELS || pixels * heldBytesPerPixel(header) > limit)
    throw new MediaFailure('too_complex', `${header.width}x${header.height} ${header.format} ${header.depth}`);
}

/**
 * Bytes per pixel that the decoder of libvips holds until the image is complete, as measured; 0 where it reads row by
 * row: baseline JPEG (reduced while it is read), PNG without interlace and TIFF.
 */
function heldBytesPerPixel(header: Metadata): number {
  const isDeep = header.depth !== 'uchar' && header.depth !== 'char';
  switch (header.format) {
    case 'jpeg': // all coefficients, 2 bytes each, when there are several scans
      return header.isProgressive ? 2 * jpegSamplesPerPixel(header) : 0;
    case 'png': // Adam7: each pass covers the whole image
      return header.isProgressive ? header.channels * (isDeep ? 2 : 1) : 0;
    case 'gif': // palette indices, and RGBA
      return 5;
    case 'webp': // lossless WebP: RGBA
      return 4;
    case 'tiff': // Lab with alpha is reduced only after its alpha was removed
      return header.space === 'labs' && header.hasAlpha ? 3 : 0;
    case 'heif': // AVIF: libheif reads HEIC, with a limit of its own
      return isDeep ? 24 : 18;
    default:
      return 0;
  }
}

function jpegSamplesPerPixel({ channels, chromaSubsampling }: Metadata): number {
  if (chromaSubsampling === '4:2:0') return 1.5;
  return chromaSubsampling === '4:2:2' ? 2 : channels;
}
