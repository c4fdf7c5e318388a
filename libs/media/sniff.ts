import { fileTypeFromBuffer } from 'file-type';
import { formatOf, formats, isAvifInside, isHeic, type MediaKind } from '#contracts';
import { findsMpegAudio } from './mpeg-audio';

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
  const movie = behindPadding(head);
  if (movie) return sniffMovie(movie);
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // throws on inconsistent heads
  const mime =
    heifType(head) ?? (found && found.mime !== 'application/ogg' ? withoutParameters(found.mime) : bySignature(head));
  return (mime && accepted.get(mime)) || null;
}

/** Returns the name of a format that is not accepted, such as `AVI`; null where it is unknown. */
export async function foreignFormatName(head: Buffer): Promise<string | null> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // throws on inconsistent heads
  return found && !accepted.has(withoutParameters(found.mime)) ? found.ext.toUpperCase() : null;
}

/** HEIC and AVIF by all of their brands: file-type looks at the major one alone. */
function heifType(head: Buffer): string | null {
  if (isAvifInside(head)) return 'image/avif';
  return isHeic(head) ? 'image/heic' : null;
}

/** Boxes that may precede the first meaningful one of a QuickTime, MP4 or DASH file. */
const PADDING = /^(free|skip|wide|junk|pnot|PICT|uuid|styp|sidx|prfl)$/;

/**
 * Returns what follows the leading boxes that do not tell the format (QuickTime File Format, "Atoms"; ISO 14496-12,
 * 8.1.2); null when there are none, or when they do not end in the head.
 */
function behindPadding(head: Buffer): Buffer | null {
  let at = 0;
  while (at + 8 <= head.length && PADDING.test(head.toString('latin1', at + 4, at + 8))) {
    const boxBytes = head.readUInt32BE(at);
    if (boxBytes < 8) return null; // 0: up to the end of the file, 1: longer than 4 GiB
    at += boxBytes;
  }
  return at > 0 && at <= head.length ? head.subarray(at) : null;
}

async function sniffMovie(movie: Buffer): Promise<SniffedType | null> {
  const type = await sniff(movie);
  const reader = type && formatOf(type.contentType)?.reader;
  return reader && 'demuxer' in reader && reader.demuxer === 'mov' ? type : null;
}

/**
 * Covers files for which file-type reads beyond the head: PNG (the chunk after a large profile), TIFF (the directory at
 * the end), and what it does not recognize: WAV with 64-bit sizes (EBU Tech 3306, ITU-R BS.2088), Ogg that begins with
 * a skeleton, and MPEG audio whose first frame is not at the start.
 */
function bySignature(head: Buffer): string | null {
  if (head.subarray(0, 8).equals(PNG_SIGNATURE) && head.toString('latin1', 12, 16) === 'IHDR') return 'image/png';
  if (/^(II[*+]\0|MM\0[*+])/.test(head.toString('latin1', 0, 4))) return 'image/tiff';
  if (/^(RF64|BW64|RIFX)....WAVE/s.test(head.toString('latin1', 0, 12))) return 'audio/wav';
  if (head.toString('latin1', 0, 4) === 'OggS')
    return isOggSound(head.toString('latin1', 0, 4_096)) ? 'audio/ogg' : null;
  return findsMpegAudio(head);
}

/** Whether the first pages announce a sound, and no video. */
const isOggSound = (pages: string) =>
  ['OpusHead', '\x01vorbis', '\x7fFLAC', 'Speex   '].some((start) => pages.includes(start)) &&
  !pages.includes('\x80theora');

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
