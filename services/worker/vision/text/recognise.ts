import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../picture';
import { loadNetwork, modelFolder, type Network, toPlanes } from './network';
import { type Found, withSpaces } from './spaces';
import { STRIP_HEIGHT } from './strip';

export interface RecognisedText {
  text: string;
  /** Mean of its characters, 0..1. */
  confidence: number;
}

/** The characters of a strip, and the number of steps in which the network has looked at it. */
interface Decoded {
  found: Found[];
  steps: number;
  confidence: number;
}

const HALF = [0.5, 0.5, 0.5];

let loaded: Promise<{ network: Network; characters: string[] }> | null = null;

/** Reads a strip of one line. */
export async function recognise(strip: Picture): Promise<RecognisedText> {
  loaded ??= load();
  const { network, characters } = await loaded;
  const output = await network(toPlanes(strip.data, HALF, HALF), STRIP_HEIGHT, strip.width);
  const { found, steps, confidence } = decode(output.data, characters);
  return { text: withSpaces(found, strip, steps), confidence };
}

/** The classes of the output: nothing, the characters of the file, and a space. */
async function load(): Promise<{ network: Network; characters: string[] }> {
  const keys = await readFile(join(modelFolder(), 'ppocr_keys_v1.txt'), 'utf8');
  const characters = ['', ...keys.trimEnd().split(/\r?\n/), ' '];
  return { network: await loadNetwork('ch_PP-OCRv4_rec_infer.onnx'), characters };
}

/** Greedy CTC: the best class of each step; repeated ones are one character, class 0 separates. */
export function decode(scores: Float32Array, characters: readonly string[]): Decoded {
  const classes = characters.length;
  const found: Found[] = [];
  let [sum, previous] = [0, 0];
  for (let step = 0; (step + 1) * classes <= scores.length; step += 1) {
    let best = 0;
    const first = step * classes;
    for (let at = 1; at < classes; at += 1) if (scores[first + at]! > scores[first + best]!) best = at;
    if (best > 0 && best !== previous) {
      found.push({ character: characters[best]!, step });
      sum += scores[first + best]!;
    }
    previous = best;
  }
  return { found, steps: Math.floor(scores.length / classes), confidence: found.length > 0 ? sum / found.length : 0 };
}
