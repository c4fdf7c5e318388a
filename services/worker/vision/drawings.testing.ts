import { join } from 'node:path';
import sharp from 'sharp';

/** Strokes of letters on a grid 4 wide and 6 high: the fonts of a machine differ, or are missing. */
const strokes: Record<string, string> = {
  A: 'M0 6L2 0L4 6M1 4L3 4',
  C: 'M4 1L3 0L1 0L0 1L0 5L1 6L3 6L4 5',
  E: 'M4 0L0 0L0 6L4 6M0 3L3 3',
  F: 'M4 0L0 0L0 6M0 3L3 3',
  H: 'M0 0L0 6M4 0L4 6M0 3L4 3',
  I: 'M2 0L2 6',
  L: 'M0 0L0 6L4 6',
  M: 'M0 6L0 0L2 3L4 0L4 6',
  N: 'M0 6L0 0L4 6L4 0',
  O: 'M1 0L3 0L4 1L4 5L3 6L1 6L0 5L0 1Z',
  R: 'M0 6L0 0L3 0L4 1L4 2L3 3L0 3M2 3L4 6',
  T: 'M0 0L4 0M2 0L2 6',
  '1': 'M1 1L2 0L2 6',
  '4': 'M3 6L3 0L0 4L4 4',
  '7': 'M0 0L4 0L1.5 6',
};

/** SVG of a line of text, `size` pixels high, with its upper left corner at x and y. */
export function drawnText(text: string, x: number, y: number, size: number, colour = '#111'): string {
  const unit = size / 6;
  const letters = [...text].map((letter, at) =>
    strokes[letter] ? `<path transform="translate(${at * 6} 0)" d="${strokes[letter]}"/>` : '',
  );
  const style = `fill="none" stroke="${colour}" stroke-width="0.9" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${x} ${y}) scale(${unit})" ${style}>${letters.join('')}</g>`;
}

/** Writes a picture of SVG shapes as the worker writes previews. Returns its path. */
export async function drawPicture(folder: string, name: string, width: number, height: number, shapes: string) {
  const path = join(folder, `${name}.webp`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes}</svg>`;
  await sharp(Buffer.from(svg)).webp({ quality: 80 }).toFile(path);
  return path;
}

/** A wall with a clock in the middle, its radius a third of the height. */
export function drawnClock(width: number, height: number): string {
  const [x, y, radius] = [width / 2, height / 2, height / 3];
  const bar = (from: number, length: number, angle: number) =>
    `<rect x="${x - 5}" y="${y - from}" width="10" height="${length}" transform="rotate(${angle} ${x} ${y})"/>`;
  const hand = (length: number, angle: number) => bar(length, length, angle);
  const hours = Array.from({ length: 12 }, (_, at) => bar(radius * 0.9, radius / 5, at * 30)).join('');
  return `<rect width="${width}" height="${height}" fill="#c9b79a"/>
    <circle cx="${x}" cy="${y}" r="${radius}" fill="#3b2a1a"/>
    <circle cx="${x}" cy="${y}" r="${radius * 0.92}" fill="#fbf8ee"/>
    <g fill="#111">${hours}${hand(radius * 0.65, 60)}${hand(radius * 0.85, -60)}</g>`;
}
