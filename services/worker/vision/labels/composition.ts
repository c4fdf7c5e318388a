import type { Picture } from '../picture';
import type { TextArea } from '../text/areas';

/** What is measured of a picture without a model. */
export interface Composition {
  /** Width by height. */
  aspect: number;
  /** Part of the pixels without colour. */
  grey: number;
  /** Difference between the darkest and the brightest twentieth, 0..1. */
  contrast: number;
  /** The median, 0..1. */
  brightness: number;
  /** Part of the blocks of 8 × 8 pixels in which all are alike, as in what a program has drawn. */
  flat: number;
  /** Lines of text, and the part of the picture that they cover. */
  lines: number;
  text: number;
}

const BLOCK = 8;
/** Differences of 255 that the encoding of a preview makes in areas of one colour. */
const ALIKE = 3;
/** Difference of 255 between the channels of what is still grey. */
const GREY = 12;

export function measure(picture: Picture, areas: readonly TextArea[]): Composition {
  const { width, height } = picture;
  const covered = areas.reduce((sum, { length, height: high }) => sum + length * high, 0);
  return {
    aspect: width / height,
    ...measureTones(picture),
    flat: measureFlatness(picture),
    lines: areas.length,
    text: Math.min(1, covered / (width * height)),
  };
}

function measureTones({ data }: Picture): Pick<Composition, 'grey' | 'contrast' | 'brightness'> {
  const histogram = new Uint32Array(256);
  let grey = 0;
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) <= GREY) grey += 1;
    histogram[green] = histogram[green]! + 1;
  }
  const pixels = data.length / 3;
  const [dark, median, bright] = [0.05, 0.5, 0.95].map((part) => percentile(histogram, part) / 255);
  return { grey: grey / pixels, contrast: bright! - dark!, brightness: median! };
}

function percentile(histogram: Uint32Array, part: number): number {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return histogram.findIndex((count) => (seen += count) >= total * part);
}

function measureFlatness({ data, width, height }: Picture): number {
  let [flat, blocks] = [0, 0];
  for (let top = 0; top + BLOCK <= height; top += BLOCK)
    for (let left = 0; left + BLOCK <= width; left += BLOCK) {
      blocks += 1;
      if (isFlat(data, width, left, top)) flat += 1;
    }
  return blocks > 0 ? flat / blocks : 0;
}

function isFlat(data: Uint8Array, width: number, left: number, top: number): boolean {
  const first = (top * width + left) * 3;
  for (let row = 0; row < BLOCK; row += 1)
    for (let at = first + row * width * 3, end = at + BLOCK * 3; at < end; at += 3)
      for (let channel = 0; channel < 3; channel += 1)
        if (Math.abs(data[at + channel]! - data[first + channel]!) > ALIKE) return false;
  return true;
}
