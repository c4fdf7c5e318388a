import { type Chromaticities, type ColourSpace, linearToSrgb, srgbPrimaries } from './colour-space';

type Vector = [number, number, number];
type Matrix = [Vector, Vector, Vector];

/** Steps of linear light: enough for the 8 bits of sRGB, which is steepest near black. */
const STEPS = 65_535;

/**
 * Converts RGB samples, or RGBA, to 8-bit sRGB.
 * @param max the sample of full intensity
 */
export function toSrgb(samples: Uint8Array | Uint16Array, max: number, channels: number, space: ColourSpace): Buffer {
  const linear = Float64Array.from({ length: max + 1 }, (_, sample) => space.toLinear(sample / max));
  const encoded = Uint8Array.from({ length: STEPS + 1 }, (_, step) => Math.round(255 * linearToSrgb(step / STEPS)));
  const encode = (light: number) => encoded[Math.round(STEPS * Math.min(1, Math.max(0, light)))]!;
  const [toRed, toGreen, toBlue] = matrixToSrgb(space.primaries);
  const { toneMap } = space;
  const output = Buffer.alloc(samples.length);
  for (let at = 0; at < samples.length; at += channels) {
    const red = linear[Math.min(max, samples[at]!)]!;
    const green = linear[Math.min(max, samples[at + 1]!)]!;
    const blue = linear[Math.min(max, samples[at + 2]!)]!;
    const gain = toneMap ? toneMap(red, green, blue) : 1;
    output[at] = encode(gain * (toRed[0] * red + toRed[1] * green + toRed[2] * blue));
    output[at + 1] = encode(gain * (toGreen[0] * red + toGreen[1] * green + toGreen[2] * blue));
    output[at + 2] = encode(gain * (toBlue[0] * red + toBlue[1] * green + toBlue[2] * blue));
    if (channels === 4) output[at + 3] = Math.round((255 * Math.min(max, samples[at + 3]!)) / max);
  }
  return output;
}

/** Linear RGB of other primaries -> linear sRGB, with the white point adapted. */
function matrixToSrgb(primaries: Chromaticities): Matrix {
  const source = matrixToXyz(primaries);
  const target = matrixToXyz(srgbPrimaries);
  return multiply(inverse(target), multiply(adaptation(white(primaries), white(srgbPrimaries)), source));
}

/** http://www.brucelindbloom.com/Eqn_RGB_XYZ_Matrix.html */
function matrixToXyz(primaries: Chromaticities): Matrix {
  const [xRed, yRed, xGreen, yGreen, xBlue, yBlue] = primaries;
  const columns = transpose([toXyz(xRed, yRed), toXyz(xGreen, yGreen), toXyz(xBlue, yBlue)]);
  const scale = apply(inverse(columns), white(primaries));
  return columns.map((row) => row.map((value, i) => value * scale[i]!)) as Matrix;
}

/** Bradford: http://www.brucelindbloom.com/Eqn_ChromAdapt.html */
function adaptation(from: Vector, to: Vector): Matrix {
  const cones: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
  ];
  const source = apply(cones, from);
  const target = apply(cones, to);
  const scaled = cones.map((row, i) => row.map((value) => (value * target[i]!) / source[i]!)) as Matrix;
  return multiply(inverse(cones), scaled);
}

const white = (primaries: Chromaticities) => toXyz(primaries[6], primaries[7]);
const toXyz = (x: number, y: number): Vector => [x / y, 1, (1 - x - y) / y];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const apply = (matrix: Matrix, vector: Vector) => matrix.map((row) => dot(row, vector)) as Vector;
const transpose = (matrix: Matrix) => [0, 1, 2].map((i) => matrix.map((row) => row[i])) as Matrix;
const multiply = (a: Matrix, b: Matrix) => transpose(transpose(b).map((column) => apply(a, column)) as Matrix);

/** The rows of an inverse are the cross products of the columns, over the determinant. */
function inverse(matrix: Matrix): Matrix {
  const [a, b, c] = transpose(matrix);
  const determinant = dot(a, cross(b, c));
  return [cross(b, c), cross(c, a), cross(a, b)].map((row) => row.map((value) => value / determinant)) as Matrix;
}

/** CMYK without profile, as browsers show it: ink of 0 to 255 takes away light. */
export function cmykToRgb(inks: Buffer): Buffer {
  const output = Buffer.alloc((inks.length / 4) * 3);
  for (let ink = 0, at = 0; ink < inks.length; ink += 4, at += 3) {
    const light = 255 - inks[ink + 3]!;
    for (let i = 0; i < 3; i += 1) output[at + i] = Math.round(((255 - inks[ink + i]!) * light) / 255);
  }
  return output;
}
