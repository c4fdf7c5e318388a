import { open, readFile, stat } from 'node:fs/promises';
import { MediaFailure } from '../media-failure';

/** An animated AVIF, as libvips can read it. */
export interface AvifSequence {
  /** The file with the brand of a still AVIF: libvips does not know that of sequences. */
  still: Buffer;
  frames: number | undefined;
  seconds: number | null;
}

/** Larger files would not fit into memory together with their pixels. */
const MAX_BYTES = 200 * 1024 ** 2;

/**
 * Reads a file whose major brand is that of an AVIF sequence (AV1 Image File Format, 6.2); null for any other file.
 * @throws {MediaFailure} `too_complex` when it is too large
 */
export async function readAvifSequence(path: string): Promise<AvifSequence | null> {
  if ((await readStart(path)) !== 'ftypavis') return null;
  if ((await stat(path)).size > MAX_BYTES) throw new MediaFailure('too_complex', 'a large AVIF sequence');
  const still = await readFile(path);
  still.write('avif', 8, 'latin1');
  return { still, frames: frameCount(still), seconds: duration(still) };
}

async function readStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(12) });
    return buffer.toString('latin1', 4, bytesRead);
  } finally {
    await file.close();
  }
}

/** The number of samples of the first track (ISO/IEC 14496-12, 8.7.3.2). */
function frameCount(avif: Buffer): number | undefined {
  const sizes = avif.indexOf('stsz', 0, 'latin1') + 4;
  return sizes >= 4 && sizes + 12 <= avif.length ? avif.readUInt32BE(sizes + 8) : undefined;
}

/** The seconds of the first track (ISO/IEC 14496-12, 8.4.2.2); null where they are missing or unknown. */
function duration(avif: Buffer): number | null {
  const header = avif.indexOf('mdhd', 0, 'latin1') + 4;
  if (header < 4 || header + 32 > avif.length) return null;
  const isLong = avif[header] === 1;
  const timescale = avif.readUInt32BE(header + (isLong ? 20 : 12));
  const units = isLong ? Number(avif.readBigUInt64BE(header + 24)) : avif.readUInt32BE(header + 16);
  const isKnown = timescale > 0 && units < (isLong ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1);
  return isKnown ? units / timescale : null;
}
