import { open } from 'node:fs/promises';
import type { AvInput } from './av-input';

/** Where the `fmt ` chunk is looked for: behind `ds64` and `JUNK`, before the samples. */
const HEAD_BYTES = 4_096;
const EXTENSIBLE = 0xfffe;
const PCM = 1;

/**
 * Corrects the codec of a WAV whose samples have fewer valid bits than bytes, e.g. 24 bits in 32 (WAVEFORMATEXTENSIBLE
 * of the Windows multimedia API: the sample is in the highest bits of its container). ffmpeg chooses a decoder by the
 * valid bits: it would read such samples as floats or as twice as many short ones.
 */
export async function withContainerBits(av: AvInput): Promise<AvInput> {
  const { input, audioStreams } = av;
  const codec_name = input.contentType === 'audio/wav' ? await paddedCodec(input.path) : undefined;
  if (!codec_name) return av;
  return {
    ...av,
    input: { ...input, options: ['-c:a', codec_name] },
    audioStreams: audioStreams.map((stream) => ({ ...stream, codec_name })),
  };
}

async function paddedCodec(path: string): Promise<string | undefined> {
  const head = await readHead(path);
  const at = head.indexOf('fmt ', 12, 'latin1') + 8;
  if (at < 8 || at + 26 > head.length) return undefined;
  const [tag, bits, validBits] = [head.readUInt16LE(at), head.readUInt16LE(at + 14), head.readUInt16LE(at + 18)];
  const isPadded = tag === EXTENSIBLE && head.readUInt16LE(at + 24) === PCM && validBits > 0 && validBits <= bits - 8;
  return isPadded ? CONTAINERS[bits] : undefined;
}

/** Whether it is a WAV that every browser plays: Firefox and Safari know neither RF64 nor BW64. */
export const hasRiffHeader = async (path: string) => (await readHead(path)).toString('latin1', 0, 4) === 'RIFF';

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, (await file.read(head, 0, HEAD_BYTES, 0)).bytesRead);
  } finally {
    await file.close();
  }
}

const CONTAINERS: Record<number, string> = { 16: 'pcm_s16le', 24: 'pcm_s24le', 32: 'pcm_s32le' };
