import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  name: string;
  bytes: Buffer;
  sha256: string;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;

/**
 * Reads the entries of an uncompressed archive by its central directory (APPNOTE.TXT, section 4.3).
 * @throws {Error} when a CRC-32 does not match
 */
export function readZip(archive: Buffer): ZipEntry[] {
  const end = archive.length - 22;
  if (archive.readUInt32LE(end) !== END) throw new Error('Expected a complete archive, but its end record is missing');
  const entries: ZipEntry[] = [];
  for (let at = archive.readUInt32LE(end + 16); archive.readUInt32LE(at) === DIRECTORY;) {
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + archive.readUInt32LE(at + 24));
    if (crc32(bytes) !== archive.readUInt32LE(at + 16)) throw new Error(`Expected ${name} to match its CRC-32`);
    entries.push({ name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

/**
 * Tests an archive with `unzip` or Python; passes when neither is installed.
 * @throws {Error} with the program's output when it rejects the archive
 */
export async function testWithPrograms(path: string): Promise<void> {
  const run = promisify(execFile);
  for (const [program, args] of [
    ['unzip', ['-tqq', path]],
    ['python3', ['-m', 'zipfile', '-t', path]],
  ] as const) {
    const ran = await run(program, args).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (ran) return;
  }
}
