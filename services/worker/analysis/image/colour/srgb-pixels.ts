import type { Metadata, Sharp } from 'sharp';
import { withMediaFailures } from '../vips-failure';
import type { ColourSpace } from './colour-space';
import { cmykToRgb, toSrgb } from './colour-transform';

/** A decoded image: upright, 8-bit sRGB, with alpha if it had one, without metadata. */
export interface Pixels {
  data: Buffer;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/**
 * Runs a pipeline and converts its colours to sRGB as browsers do.
 * @param colourSpace of its samples, when no ICC profile describes it
 * @throws {MediaFailure}
 */
export async function toSrgbPixels(
  pipeline: Sharp,
  { hasProfile, space, channels, depth, bitsPerSample = 16 }: Metadata,
  colourSpace: ColourSpace | null,
): Promise<Pixels> {
  if (colourSpace && !hasProfile)
    return depth === 'ushort'
      ? fromDeepSamples(pipeline, bitsPerSample, colourSpace)
      : fromBytes(pipeline, colourSpace);
  if (space === 'cmyk' && !hasProfile && channels === 4) return fromPlainCmyk(pipeline);
  return toPixels(withProfile(pipeline, hasProfile ? space : '').raw({ depth: 'uchar' }));
}

/** Converts from the embedded profile, of an image in `space`. */
function withProfile(pipeline: Sharp, space: string): Sharp {
  // sharp converts to Display P3, and 16-bit grey not at all, unless it is asked for a profile
  if (space === 'rgb16') return pipeline.toColourspace('srgb').withIccProfile('srgb');
  if (space === 'grey16') return pipeline.toColourspace('b-w').withIccProfile('srgb');
  // its perceptual intent makes black inks darker than browsers show them; libvips alone takes the colorimetric one
  if (space === 'cmyk') return pipeline.pipelineColourspace('cmyk').toColourspace('srgb');
  return pipeline.toColourspace('srgb');
}

async function fromBytes(pipeline: Sharp, colourSpace: ColourSpace): Promise<Pixels> {
  const { data, ...size } = await toPixels(pipeline.toColourspace('srgb').raw({ depth: 'uchar' }));
  return { ...size, data: toSrgb(data, 255, size.channels, colourSpace) };
}

async function fromDeepSamples(pipeline: Sharp, bits: number, colourSpace: ColourSpace): Promise<Pixels> {
  const { data, ...size } = await toPixels(pipeline.toColourspace('rgb16').raw({ depth: 'ushort' }));
  const samples = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  // libvips shifts samples of 10 and 12 bits to the upper end of 16
  const max = 2 ** 16 - 2 ** (16 - bits);
  return { ...size, data: toSrgb(samples, max, size.channels, colourSpace) };
}

async function fromPlainCmyk(pipeline: Sharp): Promise<Pixels> {
  const inks = pipeline.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' });
  const { data, width, height } = await toPixels(inks);
  return { data: cmykToRgb(data), width, height, channels: 3 };
}

/** Runs a pipeline with raw output. @throws {MediaFailure} */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await withMediaFailures(pipeline.toBuffer({ resolveWithObject: true }));
  return { data, width: info.width, height: info.height, channels: info.channels };
}
