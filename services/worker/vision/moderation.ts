import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './packages';
import { edit, readPicture, round, toPicture } from './picture';
import { fromMemory, type ModelFile, shardPaths, startTensorflow, tf, toTensor } from './tensorflow';

/** The models of nsfwjs, and the side in pixels of their input. */
const sides = { mobilenet_v2: 224, inception_v3: 299 };
export type ModerationModel = keyof typeof sides;

/** The outputs of both models, in order (nsfw_classes.ts of nsfwjs). */
const classes = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const;
/** Probability of each class; their sum is 1. */
export type ModerationScores = Record<(typeof classes)[number], number>;

const models = new Map<ModerationModel, Promise<tf.LayersModel>>();

/** Classifies one picture. */
export async function moderate(name: ModerationModel, path: string): Promise<ModerationScores> {
  if (!models.has(name)) models.set(name, loadModel(name));
  const model = await models.get(name)!;
  const side = sides[name];
  const pixels = await readPicture(path, 640).then((picture) =>
    toPicture(edit(picture).resize(side, side, { fit: 'fill' })),
  );
  const scores = tf.tidy(() => {
    const input = toTensor(pixels).toFloat().div<tf.Tensor3D>(255).expandDims(0);
    return (model.predict(input) as tf.Tensor).dataSync<'float32'>();
  });
  return Object.fromEntries(classes.map((at, index) => [at, round(scores[index]!)])) as ModerationScores;
}

async function loadModel(name: ModerationModel): Promise<tf.LayersModel> {
  await startTensorflow();
  const folder = join(packageFolder('nsfwjs'), 'dist/models', name);
  const file = require(join(folder, 'model.min.js')) as ModelFile;
  const shards = await Promise.all(shardPaths(folder, file).map((path) => readShard(`${path}.min.js`)));
  return tf.loadLayersModel(fromMemory(file, shards));
}

/**
 * The weights are base64 in modules. They are read as text: nsfwjs itself keeps each module, its text and its bytes in
 * memory, 690 MB for InceptionV3 instead of 450.
 */
async function readShard(path: string): Promise<Buffer> {
  const [, base64] = /\bexports="([\w+/=]+)"/.exec(await readFile(path, 'latin1')) ?? [];
  if (!base64) throw new Error(`no weights in ${path}`);
  return Buffer.from(base64, 'base64');
}
