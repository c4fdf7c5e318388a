import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { packageFolder } from './packages';
import type { Picture } from './picture';

let ready: Promise<void> | null = null;

/** Selects WebAssembly, which needs a tenth of the time of plain JavaScript, without threads of its own. */
export function startTensorflow(): Promise<void> {
  ready ??= (async () => {
    tf.enableProdMode(); // no checks and warnings of development
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths(`${packageFolder('@tensorflow/tfjs-backend-wasm')}/dist/`); // else it looks beside the main module
    if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly is not supported here');
  })();
  return ready;
}

/** The file `model.json` of TensorFlow.js. */
export interface ModelFile {
  modelTopology: object;
  weightsManifest: tf.io.WeightsManifestConfig;
}

/** A model from memory: the loaders of TensorFlow.js for files need a browser or native code. */
export function fromMemory({ modelTopology, weightsManifest }: ModelFile, shards: Buffer[]): tf.io.IOHandler {
  const weights = Buffer.concat(shards);
  return {
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
    }),
  };
}

/** Paths of the shards of the weights, in order. */
export const shardPaths = (folder: string, { weightsManifest }: ModelFile) =>
  weightsManifest.flatMap((group) => group.paths.map((path) => join(folder, path)));

/** Whole numbers 0..255 of the shape [height, width, 3]. */
export const toTensor = ({ data, width, height }: Picture) => tf.tensor3d(data, [height, width, 3], 'int32');

export { tf };
