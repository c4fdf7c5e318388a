import { open } from 'node:fs/promises';
import type { Metadata, Region, Sharp } from 'sharp';

/** The canvas of a GIF, and the part of it that libvips reads. */
export interface GifCanvas {
  width: number;
  height: number;
  visible: Region;
}

/** The first frame comes after the palette and extensions. */
const HEAD_BYTES = 1024 ** 2;

/**
 * Reads the canvas of a GIF that libvips reads otherwise than browsers: it replaces common sizes of screens and those
 * above 2048 by that of the frames (`nsgif_scan` of libnsgif), and paints what no frame covers black unless a frame has
 * transparency. Null for all other images.
 */
export async function readGifCanvas(path: string, header: Metadata): Promise<GifCanvas | null> {
  if (header.format !== 'gif') return null;
  const head = await readHead(path);
  const frame = firstFrame(head);
  if (!frame) return null;
  const width = Math.max(header.width, head.readUInt16LE(6));
  const height = Math.max(header.height, head.readUInt16LE(8));
  const whole = { left: 0, top: 0, width: header.width, height: header.height };
  const isOpaque = !header.hasAlpha && (header.pages ?? 1) === 1;
  const visible = isOpaque && contains(whole, frame) ? frame : whole;
  return visible.width === width && visible.height === height ? null : { width, height, visible };
}

const contains = (outer: Region, { left, top, width, height }: Region) =>
  width > 0 && height > 0 && left + width <= outer.width && top + height <= outer.height;

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES) });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The position and size of the first frame (GIF89a, 20); null when it is not in the head. */
function firstFrame(gif: Buffer): Region | null {
  const flags = gif[10] ?? 0;
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  for (; gif[at] === 0x21; at += 1) {
    for (at += 2; gif[at];) at += gif[at]! + 1; // the blocks of an extension
  }
  if (gif[at] !== 0x2c || at + 9 > gif.length) return null;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => gif.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  return { left, top, width, height };
}

/** Places what libvips read on a transparent canvas, with sides of at most `longestSide` pixels, never enlarged. */
export function placeOnCanvas(image: Sharp, { width, height, visible }: GifCanvas, longestSide: number): Sharp {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const scaled = (pixels: number) => Math.round(pixels * scale);
  const [left, top] = [scaled(visible.left), scaled(visible.top)];
  const [innerWidth, innerHeight] = [Math.max(1, scaled(visible.width)), Math.max(1, scaled(visible.height))];
  return image
    .extract(visible)
    .resize({ width: innerWidth, height: innerHeight, fit: 'fill' })
    .ensureAlpha()
    .extend({
      left,
      top,
      right: Math.max(0, scaled(width) - left - innerWidth),
      bottom: Math.max(0, scaled(height) - top - innerHeight),
      background: '#00000000',
    });
}
