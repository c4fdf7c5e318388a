import { fileTypeFromBuffer } from 'file-type';
import { formats, isAvifInside, type MediaKind } from '#contracts';

export interface SniffedType {
  contentType: string;
  kind: MediaKind;
}

/** Number of leading bytes of a file that decide its type. */
export const SNIFF_BYTES = 64 * 1024;

/** MIME type as file-type reports it -> our name and kind. All others are rejected. */
const accepted = new Map(
  formats.flatMap(({ sniffedAs, contentType, kind }) =>
    sniffedAs.map((mime) => [mime, { contentType, kind }] as const),
  ),
);

/**
 * Decides what a file is from its first bytes (up to `SNIFF_BYTES`) alone, never from its name or a header.
 * @returns null when the format is not accepted
 */
export async function sniff(head: Buffer): Promise<SniffedType | null> {
  if (isPlaylistOrScript(head)) return null;
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // throws on inconsistent heads
  const mime = found ? withoutParameters(found.mime) : bySignature(head);
  return (mime && accepted.get(isAvifInside(head) ? 'image/avif' : mime)) || null;
}

/**
 * Covers files for which file-type reads beyond the head: PNG (the chunk after a large profile), TIFF (the directory at
 * the end).
 */
function bySignature(head: Buffer): string | null {
  if (head.subarray(0, 8).equals(PNG_SIGNATURE) && head.toString('latin1', 12, 16) === 'IHDR') return 'image/png';
  if (/^(II[*+]\0|MM\0[*+])/.test(head.toString('latin1', 0, 4))) return 'image/tiff';
  return null;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** 'audio/ogg; codecs=opus' -> 'audio/ogg' */
const withoutParameters = (mime: string) => mime.split(';', 1)[0]!;

/**
 * Playlists and concat scripts make ffmpeg open other files and addresses. No accepted format has their text near its
 * start, so it is rejected behind any leading tag, too.
 */
function isPlaylistOrScript(head: Buffer): boolean {
  const start = head.subarray(0, 512).toString('latin1');
  return /(^|\n)\s*(#EXTM3U|ffconcat version)/.test(start);
}
