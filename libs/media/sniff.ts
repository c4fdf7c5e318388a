import { fileTypeFromBuffer } from 'file-type';
import { formats, isAvifInside, type MediaKind } from '#contracts';

export interface SniffedType {
  contentType: string;
  kind: MediaKind;
}

/** How many first bytes of a file decide its type. */
export const SNIFF_BYTES = 64 * 1024;

/** What file-type may find -> what we call it. Whatever is not here is refused. */
const accepted = new Map(
  formats.flatMap(({ sniffedAs, contentType, kind }) =>
    sniffedAs.map((mime) => [mime, { contentType, kind }] as const),
  ),
);

/**
 * Decides what a file is from its first bytes (up to `SNIFF_BYTES`) alone, never from its name or a header.
 * `null`: not a kind of file we take.
 */
export async function sniff(head: Buffer): Promise<SniffedType | null> {
  if (isScriptInDisguise(head)) return null;
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // it throws on heads that contradict themselves
  const mime = found ? withoutParameters(found.mime) : bySignature(head);
  return (mime && accepted.get(isAvifInside(head) ? 'image/avif' : mime)) || null;
}

/** file-type also wants what may lie behind the head: the chunk after a large profile (PNG), the directory at the end (TIFF). */
function bySignature(head: Buffer): string | null {
  if (head.subarray(0, 8).equals(PNG_SIGNATURE) && head.toString('latin1', 12, 16) === 'IHDR') return 'image/png';
  if (/^(II[*+]\0|MM\0[*+])/.test(head.toString('latin1', 0, 4))) return 'image/tiff';
  return null;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** 'audio/ogg; codecs=opus' -> 'audio/ogg' */
const withoutParameters = (mime: string) => mime.split(';', 1)[0]!;

/** Playlists and concat scripts name other files and addresses. No accepted format begins with their text, whatever tag stands before it. */
function isScriptInDisguise(head: Buffer): boolean {
  const start = head.subarray(0, 512).toString('latin1');
  return /(^|\n)\s*(#EXTM3U|ffconcat version)/.test(start);
}
