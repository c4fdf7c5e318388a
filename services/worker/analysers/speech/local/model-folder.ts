import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The part of the configuration of sherpa-onnx that names the files of a model. */
export interface ModelFiles {
  tokens: string;
  [kind: string]: string | Record<string, string>;
}

/** The kinds of models, by the names of their files as sherpa-onnx publishes them; the first that matches. */
const kinds: ReadonlyArray<{ kind: string; files: Record<string, RegExp>; options?: Record<string, string> }> = [
  {
    kind: 'moonshine',
    files: {
      preprocessor: /^preprocess\b/,
      encoder: /^encode\b/,
      uncachedDecoder: /^uncached_decode\b/,
      cachedDecoder: /^cached_decode\b/,
    },
  },
  { kind: 'transducer', files: { encoder: /^encoder\b/, decoder: /^decoder\b/, joiner: /^joiner\b/ } },
  { kind: 'whisper', files: { encoder: /-encoder\b/, decoder: /-decoder\b/ }, options: { task: 'transcribe' } },
  { kind: 'nemoCtc', files: { model: /^model\b/ } },
];

/**
 * Finds the files of a model in its folder; where there are several versions, those with numbers of 8 bits, which are
 * half as large and nearly as good.
 * @throws when the folder does not exist, or holds no model of a known kind
 */
export function findModel(folder: string): ModelFiles {
  const names = readdirSync(folder).toSorted((a, b) => Number(b.includes('int8')) - Number(a.includes('int8')));
  const find = (pattern: RegExp, extension: string) =>
    names.find((name) => pattern.test(name) && name.endsWith(extension));
  const tokens = find(/tokens/, '.txt');
  for (const { kind, files, options = {} } of kinds) {
    const found = Object.entries(files).map(([key, pattern]) => [key, find(pattern, '.onnx')] as const);
    if (!tokens || found.some(([, name]) => name === undefined)) continue;
    const paths = Object.fromEntries(found.map(([key, name]) => [key, join(folder, name!)]));
    return { tokens: join(folder, tokens), [kind]: { ...paths, ...options } };
  }
  throw new Error(`there is no model for speech in ${folder}`);
}
