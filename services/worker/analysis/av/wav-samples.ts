import { open } from 'node:fs/promises';
import type { Stream } from '../ffmpeg/probe';

/** Where the `fmt ` chunk is looked for: behind `ds64` and `JUNK`, before the samples. */
const HEAD_BYTES = 4_096;
const EXTENSIBLE = 0xfffe;
const PCM = 1;

/**
 * Corrects the codec of a WAV stream whose samples have fewer valid bits than bytes, e.g. 24 bits in 32
 * (WAVEFORMATEXTENSIBLE of the Windows multimedia API: the sample is in the highest bits of its container). ffmpeg
 * chooses a decoder by the valid bits: it would read such samples as floats or twice as many short ones.
 */
export async function withContainerBits(path: string, stream: Stream): Promise<Stream> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    const at = head.indexOf('fmt ', 12, 'latin1') + 8;
    if (at < 8 || at + 26 > bytesRead) return stream;
    const [tag, bits, validBits] = [head.readUInt16LE(at), head.readUInt16LE(at + 14), head.readUInt16LE(at + 18)];
    const isPadded = tag === EXTENSIBLE && head.readUInt16LE(at + 24) === PCM && validBits > 0 && validBits <= bits - 8;
    const codec = CONTAINERS[bits];
    return isPadded && codec ? { ...stream, codec_name: codec } : stream;
  } finally {
    await file.close();
  }
}

const CONTAINERS: Record<number, string> = { 16: 'pcm_s16le', 24: 'pcm_s24le', 32: 'pcm_s32le' };
