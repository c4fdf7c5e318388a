import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MEL_BANDS = 80;
/** Low and high sounds, and silence, as words. */
const TOKENS = ['▁low', '▁high', '<blk>'];

/**
 * Writes a model of 2 kB to a folder, which the real engine loads: it recognizes noise below about 1 kHz as "low",
 * higher noise as "high", and nothing in silence. One MatMul of the mel bands, in the format of CTC models of NeMo.
 */
export function writeTinyModel(folder: string): void {
  const weights = new Float32Array(MEL_BANDS * TOKENS.length);
  for (let band = 0; band < MEL_BANDS; band += 1) weights[band * TOKENS.length + (band < 32 ? 0 : 1)] = 1 / 40;
  // a band is -16 in silence (the logarithm of the least energy): the blank is above that and below any sound
  const biases = Float32Array.from([0, 0, -7]);
  const node = (type: string, inputs: string[], output: string, attribute?: Buffer) =>
    message(
      ...inputs.map((name) => field(1, name)),
      field(2, output),
      field(4, type),
      ...(attribute ? [attribute] : []),
    );
  const graph = message(
    field(1, node('Transpose', ['audio_signal'], 'x', field(5, permutation(0, 2, 1)))),
    field(1, node('MatMul', ['x', 'weights'], 'y')),
    field(1, node('Add', ['y', 'biases'], 'z')),
    field(1, node('LogSoftmax', ['z'], 'logprobs')),
    field(2, 'tiny'),
    field(5, tensor('weights', [MEL_BANDS, TOKENS.length], weights)),
    field(5, tensor('biases', [TOKENS.length], biases)),
    field(11, valueInfo('audio_signal', FLOAT, ['N', MEL_BANDS, 'T'])),
    field(11, valueInfo('length', INT64, ['N'])),
    field(12, valueInfo('logprobs', FLOAT, ['N', 'T', TOKENS.length])),
  );
  const metadata = { vocab_size: '2', subsampling_factor: '1', normalize_type: '', model_type: 'EncDecCTCModel' };
  const entries = Object.entries({ ...metadata, is_giga_am: '0', version: '1' });
  const model = message(
    field(1, 8), // version of the format
    field(7, graph),
    field(8, message(field(1, ''), field(2, 13))), // version of the operators
    ...entries.map(([key, value]) => field(14, message(field(1, key), field(2, value)))),
  );
  writeFileSync(join(folder, 'model.onnx'), model);
  writeFileSync(join(folder, 'tokens.txt'), TOKENS.map((token, index) => `${token} ${index}\n`).join(''));
}

/** TensorProto.DataType */
const [FLOAT, INT64] = [1, 7];

const permutation = (...order: number[]) =>
  message(field(1, 'perm'), ...order.map((value) => field(8, value)), field(20, 7));
const tensor = (name: string, shape: number[], values: Float32Array) =>
  message(
    ...shape.map((size) => field(1, size)),
    field(2, FLOAT),
    field(8, name),
    field(9, Buffer.from(values.buffer)),
  );
function valueInfo(name: string, type: number, shape: Array<number | string>): Buffer {
  const sizes = shape.map((size) => field(1, message(field(typeof size === 'number' ? 1 : 2, size))));
  return message(field(1, name), field(2, message(field(1, message(field(1, type), field(2, message(...sizes)))))));
}

/** Protocol Buffers (https://protobuf.dev/programming-guides/encoding/), as far as ONNX needs them. */
const message = (...fields: Buffer[]) => Buffer.concat(fields);

function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
