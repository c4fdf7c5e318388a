import { open, readFile, stat } from 'node:fs/promises';

const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
/** More than the trailing data of a PNG. */
const TAIL_BYTES = 4_096;
/** Larger files are not read into memory. */
const MAX_BYTES = 200 * 1024 ** 2;

/**
 * Returns the JPEG with an end marker after its last byte; null for a file that ends inside a marker, or is of another
 * format or very large.
 */
export async function withEndMarker(source: string | Buffer): Promise<Buffer | null> {
  if (typeof source === 'string' && (await stat(source)).size > MAX_BYTES) return null;
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  const endsInMarker = bytes.at(-1) === 0xff;
  return bytes.subarray(0, 3).equals(JPEG_START) && !endsInMarker ? Buffer.concat([bytes, JPEG_END]) : null;
}

/** Whether the file ends with the last chunk of a PNG, so that no part of it is missing. */
export async function hasEndChunk(source: string | Buffer): Promise<boolean> {
  const tail = typeof source === 'string' ? await readTail(source) : source.subarray(-TAIL_BYTES);
  return tail.includes('IEND');
}

async function readTail(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const position = Math.max(0, (await file.stat()).size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
