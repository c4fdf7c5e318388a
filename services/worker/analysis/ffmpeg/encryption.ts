import { type FileHandle, open } from 'node:fs/promises';
import { formatOf } from '#contracts';
import type { Input } from './ffmpeg';

/** A `moov` box of a film of some hours has less than 10 MiB. */
const MAX_MOOV_BYTES = 64 * 1024 ** 2;
const MAX_BOXES = 1_000;

/**
 * Returns the indexes of the streams that are encrypted. ffprobe does not tell: without a key ffmpeg decodes them to
 * noise. ISO 14496-12, 8.12: an encrypted track has a sample entry `encv`, `enca`, …; those of FairPlay begin with
 * `drm`.
 */
export async function encryptedStreams({ path, contentType }: Input): Promise<Set<number>> {
  const reader = formatOf(contentType)?.reader;
  if (!reader || !('demuxer' in reader) || reader.demuxer !== 'mov') return new Set();
  const file = await open(path);
  try {
    const moov = (await readMoov(file)).toString('latin1');
    // `stsd`: version and flags, count, then the size and the type of the first entry
    const entries = Array.from(moov.matchAll(/stsd.{12}(.{4})/gs), ([, type = '']) => type);
    return new Set(entries.flatMap((type, index) => (/^(enc[vats]|drm[ims])$/.test(type) ? [index] : [])));
  } finally {
    await file.close();
  }
}

async function readMoov(file: FileHandle): Promise<Buffer> {
  const header = Buffer.alloc(16);
  let at = 0;
  for (let boxes = 0; boxes < MAX_BOXES; boxes += 1) {
    const { bytesRead } = await file.read(header, 0, header.length, at);
    const short = header.readUInt32BE(0);
    const bytes = short === 1 ? Number(header.readBigUInt64BE(8)) : short;
    if (header.toString('latin1', 4, 8) === 'moov') {
      const moov = Buffer.alloc(Math.min(MAX_MOOV_BYTES, bytes, (await file.stat()).size - at));
      return moov.subarray(0, (await file.read(moov, 0, moov.length, at)).bytesRead);
    }
    if (bytesRead < header.length || bytes < 8) break;
    at += bytes;
  }
  return Buffer.alloc(0);
}
