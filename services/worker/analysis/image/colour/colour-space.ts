/** x and y (CIE 1931) of red, green, blue and white. */
export type Chromaticities = readonly [number, number, number, number, number, number, number, number];

/** How the samples of an image without ICC profile are to be read. */
export interface ColourSpace {
  primaries: Chromaticities;
  /** A sample of 0 to 1 -> linear light, where 1 is the white of SDR. */
  toLinear: (sample: number) => number;
  /** For HDR: the factor that maps linear light to SDR. */
  toneMap?: (red: number, green: number, blue: number) => number;
}

const D65 = [0.3127, 0.329] as const;
const P3 = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06] as const;
const BT601_525: Chromaticities = [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65];
export const srgbPrimaries: Chromaticities = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65];

/** Primaries by their code point (ITU-T H.273, table 2; 2 is unspecified). */
const primariesByCode: Partial<Record<number, Chromaticities>> = {
  1: srgbPrimaries,
  2: srgbPrimaries,
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  6: BT601_525,
  7: BT601_525,
  9: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65],
  11: [...P3, 0.314, 0.351],
  12: [...P3, ...D65],
};

/** Transfer characteristics by their code point (ITU-T H.273, table 3). Browsers read those of BT.709 as sRGB. */
const transferByCode: Partial<Record<number, Omit<ColourSpace, 'primaries'>>> = {
  1: { toLinear: srgbToLinear },
  2: { toLinear: srgbToLinear },
  4: { toLinear: (sample) => sample ** 2.2 },
  5: { toLinear: (sample) => sample ** 2.8 },
  6: { toLinear: srgbToLinear },
  8: { toLinear: (sample) => sample },
  13: { toLinear: srgbToLinear },
  14: { toLinear: srgbToLinear },
  15: { toLinear: srgbToLinear },
  16: { toLinear: pqToLinear, toneMap: (...light) => toneMapGain(Math.max(...light)) },
  18: { toLinear: hlgToScene, toneMap: hlgToneMap },
};

/** Returns the colour space of two code points (ITU-T H.273); null for sRGB and for those that browsers ignore. */
export function colourSpaceOf(primariesCode: number, transferCode: number): ColourSpace | null {
  const primaries = primariesByCode[primariesCode];
  const transfer = transferByCode[transferCode];
  if (!primaries || !transfer || (primaries === srgbPrimaries && transfer.toLinear === srgbToLinear)) return null;
  return { primaries, ...transfer };
}

/** IEC 61966-2-1. */
export function srgbToLinear(sample: number): number {
  return sample <= 0.04045 ? sample / 12.92 : ((sample + 0.055) / 1.055) ** 2.4;
}

export function linearToSrgb(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Luminance of the white of SDR inside HDR, in cd/m2 (ITU-R BT.2408, 2.1). */
const SDR_WHITE = 203;
/** Luminance of the brightest HDR light, relative to the white of SDR. */
const PEAK = 1_000 / SDR_WHITE;

/** ITU-R BT.2100, table 4. */
function pqToLinear(sample: number): number {
  const power = sample ** (32 / 2_523);
  const normalised = Math.max(0, power - 3_424 / 4_096) / (2_413 / 128 - (2_392 / 128) * power);
  return (10_000 / SDR_WHITE) * normalised ** (16_384 / 2_610);
}

/** ITU-R BT.2100, table 5: light of the scene, 0 to 1. */
function hlgToScene(sample: number): number {
  const a = 0.17883277;
  const b = 1 - 4 * a;
  const c = 0.5 - a * Math.log(4 * a);
  return sample <= 0.5 ? (sample * sample) / 3 : (Math.exp((sample - c) / a) + b) / 12;
}

function hlgToneMap(red: number, green: number, blue: number): number {
  const display = PEAK * (0.2627 * red + 0.678 * green + 0.0593 * blue) ** 0.2; // ITU-R BT.2100: system gamma 1.2
  return display * toneMapGain(display * Math.max(red, green, blue));
}

/**
 * The factor for light whose brightest channel is `brightest`: half up to the white of SDR, then a smooth curve up to
 * the peak. Chromium shows HDR so on an SDR display.
 */
function toneMapGain(brightest: number): number {
  if (brightest <= 1) return 0.5;
  const above = (PEAK - Math.min(brightest, PEAK)) / (PEAK - 1);
  return (1 - 0.5 * above ** (PEAK - 1)) / brightest;
}
