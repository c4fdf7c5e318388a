import sharp from 'sharp';

/** Pixels of a picture as a viewer shows it: sRGB, row by row, three bytes each. */
export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

/** A part of a picture: each number is 0..1 of its width or height, from the upper left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const WHITE = { r: 255, g: 255, b: 255 };

/** Decodes a preview or frame. What is transparent becomes white, as paper and most pages are. */
export async function readPicture(path: string, longestSide: number): Promise<Picture> {
  return toPicture(
    sharp(path)
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: WHITE })
      .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true }),
  );
}

/** Edits pixels with libvips. */
export function edit({ data, width, height }: Picture): sharp.Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Ends a pipeline of {@link edit}. */
export async function toPicture(pipeline: sharp.Sharp): Promise<Picture> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Rounds and clips, so that a box never leaves its picture. */
export function clip({ x, y, width, height }: Box): Box {
  const [left, top, right, bottom] = [x, y, x + width, y + height].map((value) => Math.min(1, Math.max(0, value)));
  return {
    x: round(left!),
    y: round(top!),
    width: round(right! - left!),
    height: round(bottom! - top!),
  };
}

/** Four decimals: a fifth of a pixel of a preview. */
export const round = (value: number) => Math.round(value * 10_000) / 10_000;
