import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../picture';
import { loadNetwork, modelFolder, type Network, toPlanes } from './network';
import { STRIP_HEIGHT } from './strip';

export interface RecognisedText {
  text: string;
  /** Mean of its characters, 0..1. */
  confidence: number;
}

const HALF = [0.5, 0.5, 0.5];

let loaded: Promise<{ network: Network; characters: string[] }> | null = null;

/** Reads a strip of one line. */
export async function recognise({ data, width }: Picture): Promise<RecognisedText> {
  loaded ??= load();
  const { network, characters } = await loaded;
  const output = await network(toPlanes(data, HALF, HALF), STRIP_HEIGHT, width);
  return decode(output.data, characters);
}

/** The classes of the output: nothing, the characters of the file, and a space. */
async function load(): Promise<{ network: Network; characters: string[] }> {
  const keys = await readFile(join(modelFolder(), 'ppocr_keys_v1.txt'), 'utf8');
  const characters = ['', ...keys.trimEnd().split(/\r?\n/), ' '];
  return { network: await loadNetwork('ch_PP-OCRv4_rec_infer.onnx'), characters };
}

/** Greedy CTC: the best class of each step; repeated ones are one character, class 0 separates. */
export function decode(scores: Float32Array, characters: readonly string[]): RecognisedText {
  const classes = characters.length;
  let [text, sum, count, previous] = ['', 0, 0, 0];
  for (let step = 0; step + classes <= scores.length; step += classes) {
    let best = 0;
    for (let at = 1; at < classes; at += 1) if (scores[step + at]! > scores[step + best]!) best = at;
    if (best > 0 && best !== previous) {
      text += characters[best]!;
      sum += scores[step + best]!;
      count += 1;
    }
    previous = best;
  }
  return { text: text.trim(), confidence: count > 0 ? sum / count : 0 };
}
