import type { Picture } from '../picture';

/** A character of a strip, and the step of the network, from left to right, at which it was found. */
export interface Found {
  character: string;
  step: number;
}

const LATIN = /[\p{Script=Latin}\p{Number}]/u;
/** Part of the strongest ink of a line below which a column is blank. */
const BLANK = 0.35;
/** Least blank between two words: in pixels of a strip, which is 48 high, and as a multiple of the median one. */
const MIN_GAP = 6;
const WORD_GAP = 2;

/**
 * Joins characters, and adds the spaces between Latin words that the network omits: it was trained on Chinese. They are
 * where the strip is blank for long.
 */
export function withSpaces(found: readonly Found[], strip: Picture, steps: number): string {
  const ink = measureInk(strip);
  const column = ({ step }: Found) => Math.round(((step + 0.5) * strip.width) / steps);
  const gaps = found.slice(1).map((next, at) => longestBlank(ink, column(found[at]!), column(next)));
  const median = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const limit = Math.max(MIN_GAP, WORD_GAP * median);
  const isWordGap = (at: number) =>
    gaps[at - 1]! >= limit && LATIN.test(found[at]!.character) && LATIN.test(found[at - 1]!.character);
  return found
    .map(({ character }, at) => (at > 0 && isWordGap(at) ? ` ${character}` : character))
    .join('')
    .trim();
}

/** For each column its greatest difference from the background, 0..1 of the strongest ink of the line. */
function measureInk({ data, width, height }: Picture): number[] {
  const tone = (x: number, y: number) => data[(y * width + x) * 3 + 1]!;
  const tones = Array.from({ length: width * height }, (_, at) => data[at * 3 + 1]!).toSorted((a, b) => a - b);
  const background = tones[Math.floor(tones.length / 2)]!;
  const columns = Array.from({ length: width }, (_, x) => {
    let ink = 0;
    for (let y = 0; y < height; y += 1) ink = Math.max(ink, Math.abs(tone(x, y) - background));
    return ink;
  });
  const strongest = columns.toSorted((a, b) => a - b)[Math.floor(columns.length * 0.9)] || 1;
  return columns.map((ink) => ink / strongest);
}

function longestBlank(ink: readonly number[], from: number, to: number): number {
  let [longest, current] = [0, 0];
  for (let x = from; x < to; x += 1) {
    current = ink[x]! < BLANK ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}
