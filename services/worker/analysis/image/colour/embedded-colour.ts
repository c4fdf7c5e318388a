import { open } from 'node:fs/promises';
import { type Chromaticities, type ColourSpace, colourSpaceOf, srgbPrimaries, srgbToLinear } from './colour-space';

/** Colour is described near the start: before the pixels of a PNG, in the first boxes of an AVIF. */
const HEAD_BYTES = 1024 ** 2;

/**
 * Returns the colour space that an image declares other than by an ICC profile, which libvips ignores: code points in
 * AVIF and PNG, gamma and chromaticities in PNG. Null where there is none, or when it is sRGB.
 */
export async function readColourSpace(source: string | Buffer): Promise<ColourSpace | null> {
  const head = typeof source === 'string' ? await readHead(source) : source.subarray(0, HEAD_BYTES);
  if (head.toString('latin1', 1, 4) === 'PNG') return pngColourSpace(head);
  return head.toString('latin1', 4, 8) === 'ftyp' ? avifColourSpace(head) : null;
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES) });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** PNG (third edition), 11.3.2: cICP takes precedence over sRGB, and sRGB over gAMA and cHRM. */
function pngColourSpace(png: Buffer): ColourSpace | null {
  const chunks = pngChunks(png);
  const [primariesCode, transferCode, matrix, fullRange] = chunks.get('cICP') ?? [];
  if (transferCode !== undefined && matrix === 0 && fullRange === 1) return colourSpaceOf(primariesCode!, transferCode);
  if (chunks.has('sRGB')) return null;
  const gamma = chunks.get('gAMA')?.readUInt32BE() ?? 0;
  const chromaticities = pngChromaticities(chunks.get('cHRM'));
  // browsers ignore cHRM without gAMA; 1/2.2 alone means sRGB
  if (gamma === 0 || (gamma === 45_455 && !chromaticities)) return null;
  return { primaries: chromaticities ?? srgbPrimaries, toLinear: (sample) => sample ** (100_000 / gamma) };
}

/** The chunks before the pixels, by type; those that are cut off or too short are left out. */
function pngChunks(png: Buffer): Map<string, Buffer> {
  const minLengths: Partial<Record<string, number>> = { gAMA: 4, cHRM: 32, cICP: 4 };
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at + 8 <= png.length;) {
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') break;
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (data.length >= (minLengths[type] ?? 0)) chunks.set(type, data);
    at += 12 + png.readUInt32BE(at);
  }
  return chunks;
}

function pngChromaticities(chunk: Buffer | undefined): Chromaticities | null {
  if (!chunk) return null;
  const [xWhite, yWhite, ...colours] = Array.from({ length: 8 }, (_, i) => chunk.readUInt32BE(4 * i) / 100_000);
  const values = [...colours, xWhite!, yWhite!] as unknown as Chromaticities;
  const isPlausible = values.every((value) => value <= 1) && [1, 3, 5, 7].every((i) => values[i]! > 0);
  return isPlausible && triangleArea(values) > 0.001 ? values : null;
}

/** The area that the primaries span; that of sRGB is 0.11. */
const triangleArea = ([xRed, yRed, xGreen, yGreen, xBlue, yBlue]: Chromaticities) =>
  Math.abs((xGreen - xRed) * (yBlue - yRed) - (xBlue - xRed) * (yGreen - yRed)) / 2;

/** ISO/IEC 14496-12, 12.1.5: the first `colr` box of type `nclx`; ISO/IEC 23008-12, 6.5.5. */
function avifColourSpace(avif: Buffer): ColourSpace | null {
  const nclx = avif.indexOf('colrnclx', 0, 'latin1') + 8;
  if (nclx < 8 || nclx + 7 > avif.length) return null;
  const space = colourSpaceOf(avif.readUInt16BE(nclx), avif.readUInt16BE(nclx + 2));
  const isFullRange = avif[nclx + 6]! >= 0x80;
  return !isFullRange && isMonochrome(avif) ? expanded(space) : space;
}

/** AV1 Codec ISO Media File Format Binding, 2.3.3: the flag in the configuration of the first image. */
function isMonochrome(avif: Buffer): boolean {
  const configuration = avif.indexOf('av1C', 0, 'latin1') + 4;
  return configuration >= 4 && (avif[configuration + 2]! & 0x10) !== 0;
}

/** libheif leaves grey of limited range (16 to 235) as it is, and expands colour. */
function expanded(space: ColourSpace | null): ColourSpace {
  const { primaries, toLinear } = space ?? { primaries: srgbPrimaries, toLinear: srgbToLinear };
  return { ...space, primaries, toLinear: (sample) => toLinear(expand(sample)) };
}

const expand = (sample: number) => Math.min(1, Math.max(0, (255 * sample - 16) / 219));
