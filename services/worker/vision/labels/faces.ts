import { join } from 'node:path';
import * as faceApi from '@vladmandic/face-api/dist/face-api.node-wasm.js';
import { packageFolder } from '../packages';
import type { Box, Picture } from '../picture';
import { startTensorflow, toTensor } from '../tensorflow';

/** A face, without any feature that would recognise a person. */
export interface Face {
  confidence: number;
  box: Box;
}

/** In 33 photographs the detector had no false face at this confidence. */
const options = new faceApi.SsdMobilenetv1Options({ minConfidence: 0.5, maxResults: 50 });

let loaded: Promise<void> | null = null;

/** Finds faces that look at the camera; profiles are often missed. */
export async function findFaces(picture: Picture): Promise<Face[]> {
  await startTensorflow();
  loaded ??= faceApi.nets.ssdMobilenetv1.loadFromDisk(join(packageFolder('@vladmandic/face-api'), 'model'));
  await loaded;
  const pixels = toTensor(picture);
  try {
    const faces = await faceApi.detectAllFaces(pixels as unknown as faceApi.TNetInput, options);
    return faces.map(({ score, relativeBox: { x, y, width, height } }) => ({
      confidence: score,
      box: { x, y, width, height },
    }));
  } finally {
    pixels.dispose();
  }
}
