import { fileTypeFromBuffer } from 'file-type';
import type { MediaKind } from '#contracts';

export interface SniffedType {
  contentType: string;
  kind: MediaKind;
}

/** How many first bytes of a file decide its type. */
export const SNIFF_BYTES = 64 * 1024;

/** What file-type may find -> what we call it. Whatever is not here is refused: HEIC too, as the shipped libvips cannot decode HEVC. */
const accepted: Record<string, SniffedType> = {
  'image/jpeg': { contentType: 'image/jpeg', kind: 'image' },
  'image/png': { contentType: 'image/png', kind: 'image' },
  'image/apng': { contentType: 'image/png', kind: 'image' },
  'image/gif': { contentType: 'image/gif', kind: 'image' },
  'image/webp': { contentType: 'image/webp', kind: 'image' },
  'image/avif': { contentType: 'image/avif', kind: 'image' },
  'image/tiff': { contentType: 'image/tiff', kind: 'image' },
  'video/mp4': { contentType: 'video/mp4', kind: 'video' },
  'video/x-m4v': { contentType: 'video/mp4', kind: 'video' },
  'video/quicktime': { contentType: 'video/quicktime', kind: 'video' },
  'video/webm': { contentType: 'video/webm', kind: 'video' },
  'video/matroska': { contentType: 'video/matroska', kind: 'video' },
  'audio/mpeg': { contentType: 'audio/mpeg', kind: 'audio' },
  'audio/wav': { contentType: 'audio/wav', kind: 'audio' },
  'audio/x-m4a': { contentType: 'audio/mp4', kind: 'audio' },
  'audio/mp4': { contentType: 'audio/mp4', kind: 'audio' },
  'audio/aac': { contentType: 'audio/aac', kind: 'audio' },
  'audio/flac': { contentType: 'audio/flac', kind: 'audio' },
  'audio/ogg': { contentType: 'audio/ogg', kind: 'audio' },
};

/** Every accepted content type, as `sniff` names it. */
export const acceptedContentTypes = [...new Set(Object.values(accepted).map((type) => type.contentType))];

/**
 * Decides what a file is from its first bytes (up to `SNIFF_BYTES`) alone, never from its name or a header.
 * `null`: not a kind of file we take.
 */
export async function sniff(head: Buffer): Promise<SniffedType | null> {
  if (isScriptInDisguise(head)) return null;
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // it throws on heads that contradict themselves
  const mime = found ? withoutParameters(found.mime) : bySignature(head);
  return (mime && accepted[isAvifInside(head) ? 'image/avif' : mime]) || null;
}

/** Whether the first bytes are those of HEIC, which is refused: the refusal can name it. */
export function isHeic(head: Buffer): boolean {
  const [major = ''] = brandsOf(head);
  return HEVC_BRANDS.test(major) || (STRUCTURE_BRANDS.test(major) && !isAvifInside(head));
}

/** ISO 23008-12, annex B: the brands of HEIF with HEVC inside, and those that leave open what is inside. */
const HEVC_BRANDS = /^he(ic|ix|im|is|vc|vx|vm|vs)$/;
const STRUCTURE_BRANDS = /^m[is]f1$/;

/** Of a file whose major brand leaves it open: AVIF names itself among the compatible brands then. */
function isAvifInside(head: Buffer): boolean {
  const [major = '', ...compatible] = brandsOf(head);
  return STRUCTURE_BRANDS.test(major) && compatible.some((brand) => brand === 'avif' || brand === 'avis');
}

/** ISO 14496-12, 4.3: the major brand of a file and the compatible ones; none where there is no `ftyp` box. */
function brandsOf(head: Buffer): string[] {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return [];
  const compatible = head.toString('latin1', 16, head.readUInt32BE(0));
  return [head.toString('latin1', 8, 12), ...(compatible.match(/.{4}/gs) ?? [])];
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
