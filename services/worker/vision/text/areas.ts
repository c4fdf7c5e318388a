import { type Box, edit, type Picture, toPicture } from '../picture';
import { loadNetwork, type Network, toPlanes } from './network';
import { findRegions, type Region } from './regions';

/** A rectangle around a line of text, in pixels of the picture; it may be rotated. */
export interface TextArea {
  centre: { x: number; y: number };
  /** Along the line, and across it. */
  length: number;
  height: number;
  /** Radians, clockwise; 0 for a horizontal line. */
  angle: number;
  /** Mean probability that its pixels are text. */
  score: number;
}

/** The longest side in pixels that is sufficient to see whether there is text: letters of 1.5 % of it. */
export const GLANCE_SIDE = 640;
/** Mean and standard deviation of ImageNet, which the network was trained with. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
/** The network halves the picture five times. */
const MULTIPLE = 32;
/** Less is enlarged: letters need about ten pixels. */
const MIN_SIDE = 200;
const MAX_ENLARGEMENT = 2.5;
/** The network marks the core of a line, which is grown by area × ratio / circumference (DBNet, section 3.4). */
const UNCLIP_RATIO = 1.5;
const MIN_PADDING = 2;
/** A smaller angle is not worth resampling. */
const LEVEL = (4 * Math.PI) / 180;
/** The axis of a region that is hardly longer than high says nothing about the line: a letter, or a number. */
const MIN_ASPECT = 2;
const STEEP = Math.PI / 4;
const MIN_STEEP_ASPECT = 3;

let network: Promise<Network> | null = null;

/**
 * Finds lines of text.
 * @param side the longest side in pixels that the network sees
 */
export async function findTextAreas(picture: Picture, side: number): Promise<TextArea[]> {
  const [width, height] = inputSize(picture, side);
  const input = await toPicture(edit(picture).resize(width, height, { fit: 'fill' }));
  network ??= loadNetwork('ch_PP-OCRv4_det_infer.onnx');
  const { data } = await (await network)(toPlanes(input.data, MEAN, DEVIATION), height, width);
  const scale = { x: picture.width / width, y: picture.height / height };
  return findRegions(data, width).map((region) => toArea(region, width, scale));
}

function inputSize({ width, height }: Picture, side: number): [number, number] {
  const shrink = Math.min(1, side / Math.max(width, height));
  const shortest = Math.min(width, height) * shrink;
  const scale = shortest < MIN_SIDE ? Math.min(MAX_ENLARGEMENT, (MIN_SIDE / shortest) * shrink) : shrink;
  const toInput = (pixels: number) => Math.max(1, Math.round((pixels * scale) / MULTIPLE)) * MULTIPLE;
  return [toInput(width), toInput(height)];
}

function toArea(region: Region, width: number, scale: { x: number; y: number }): TextArea {
  const { angle, length, height, centre } = isLevel(region) ? level(region) : rotated(region, width);
  const padding = Math.max(MIN_PADDING, (length * height * UNCLIP_RATIO) / (2 * (length + height)));
  // the scale differs by the rounding to multiples only
  const [along, across] = Math.abs(angle) < STEEP ? [scale.x, scale.y] : [scale.y, scale.x];
  return {
    centre: { x: centre.x * scale.x, y: centre.y * scale.y },
    length: (length + 2 * padding) * along,
    height: (height + 2 * padding) * across,
    angle,
    score: region.score,
  };
}

function isLevel({ left, right, top, bottom, angle }: Region): boolean {
  const aspect = (right - left) / (bottom - top);
  if (Math.abs(angle) < LEVEL) return true;
  return Math.abs(angle) < STEEP ? aspect < MIN_ASPECT && Math.abs(angle) < 5 * LEVEL : 1 / aspect < MIN_STEEP_ASPECT;
}

function level({ left, right, top, bottom }: Region): Omit<TextArea, 'score'> {
  const centre = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return { centre, length: right - left, height: bottom - top, angle: 0 };
}

/** The extent along and across the main axis. */
function rotated({ pixels, centre, angle }: Region, width: number): Omit<TextArea, 'score'> {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  let [start, end, above, below] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const at of pixels) {
    const [x, y] = [(at % width) - centre.x, Math.floor(at / width) - centre.y];
    const [along, across] = [x * cos + y * sin, y * cos - x * sin];
    start = Math.min(start, along);
    end = Math.max(end, along);
    above = Math.min(above, across);
    below = Math.max(below, across);
  }
  const [along, across] = [(start + end) / 2, (above + below) / 2];
  return {
    centre: { x: centre.x + along * cos - across * sin, y: centre.y + along * sin + across * cos },
    length: end - start + 1,
    height: below - above + 1,
    angle,
  };
}

/** The upright rectangle around an area, as a part of the picture. */
export function boundsOf({ centre, length, height, angle }: TextArea, picture: Picture): Box {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const [wide, high] = [length * cos + height * sin, length * sin + height * cos];
  return {
    x: (centre.x - wide / 2) / picture.width,
    y: (centre.y - high / 2) / picture.height,
    width: wide / picture.width,
    height: high / picture.height,
  };
}
