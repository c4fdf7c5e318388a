import type { MediaKind } from './media';

/** A kind of file that is accepted. Imports types alone, since the pages bundle this file. */
export interface Format {
  /** As uploads are stored and served; the same for every file of the format. */
  contentType: string;
  kind: MediaKind;
  /** The name on pages and in refusals. */
  label: string;
  /** Endings of file names, the usual one first. */
  extensions: readonly string[];
  /** What systems call it in a file chooser, where that is not `contentType`. */
  chooserType?: string;
  /** The MIME types that the package file-type finds in its bytes. */
  sniffedAs: readonly string[];
  /** What may read it: one loader of libvips, or one demuxer of ffmpeg, forced on whatever the file claims to be. */
  reader: { loader: string; sharpFormat: string } | { demuxer: string };
  /** Codecs that every browser plays where this container holds sound alone: then the original is the preview. */
  browserSounds: readonly string[];
}

/**
 * Every format that is accepted. The chooser and the lead of the upload page, the refusal of everything else, sniffing,
 * the loaders of libvips and the demuxers of ffmpeg derive from this list.
 */
export const formats: readonly Format[] = [
  image('image/jpeg', 'JPG', ['jpg', 'jpeg'], { loader: 'Jpeg', sharpFormat: 'jpeg' }),
  image('image/png', 'PNG', ['png', 'apng'], { loader: 'Png', sharpFormat: 'png' }, ['image/png', 'image/apng']),
  image('image/gif', 'GIF', ['gif'], { loader: 'Nsgif', sharpFormat: 'gif' }),
  image('image/webp', 'WebP', ['webp'], { loader: 'Webp', sharpFormat: 'webp' }),
  image('image/avif', 'AVIF', ['avif'], { loader: 'Heif', sharpFormat: 'heif' }),
  image('image/tiff', 'TIFF', ['tif', 'tiff'], { loader: 'Tiff', sharpFormat: 'tiff' }),
  {
    contentType: 'video/mp4',
    kind: 'video',
    label: 'MP4',
    extensions: ['mp4', 'm4v'],
    sniffedAs: ['video/mp4', 'video/x-m4v'],
    reader: { demuxer: 'mov' },
    browserSounds: ['aac'],
  },
  {
    contentType: 'video/quicktime',
    kind: 'video',
    label: 'MOV',
    extensions: ['mov'],
    sniffedAs: ['video/quicktime'],
    reader: { demuxer: 'mov' },
    browserSounds: [],
  },
  {
    contentType: 'video/webm',
    kind: 'video',
    label: 'WebM',
    extensions: ['webm'],
    sniffedAs: ['video/webm'],
    reader: { demuxer: 'matroska' },
    browserSounds: [],
  },
  {
    contentType: 'video/matroska',
    kind: 'video',
    label: 'MKV',
    extensions: ['mkv', 'mka'],
    chooserType: 'video/x-matroska',
    sniffedAs: ['video/matroska'],
    reader: { demuxer: 'matroska' },
    browserSounds: [],
  },
  sound('audio/mpeg', 'MP3', ['mp3'], 'mp3', ['mp3']),
  sound('audio/wav', 'WAV', ['wav'], 'wav', ['pcm_s16le', 'pcm_u8']),
  sound('audio/mp4', 'M4A', ['m4a', 'm4b'], 'mov', ['aac'], ['audio/mp4', 'audio/x-m4a']),
  sound('audio/aac', 'AAC', ['aac'], 'aac', ['aac']),
  sound('audio/flac', 'FLAC', ['flac'], 'flac', []),
  sound('audio/ogg', 'Ogg', ['ogg', 'oga', 'opus'], 'ogg', []),
];

function image(
  contentType: string,
  label: string,
  extensions: string[],
  reader: Format['reader'],
  sniffedAs = [contentType],
): Format {
  return { contentType, kind: 'image', label, extensions, sniffedAs, reader, browserSounds: [] };
}

function sound(
  contentType: string,
  label: string,
  extensions: string[],
  demuxer: string,
  browserSounds: string[],
  sniffedAs = [contentType],
): Format {
  return { contentType, kind: 'audio', label, extensions, sniffedAs, reader: { demuxer }, browserSounds };
}

export const formatOf = (contentType: string): Format | undefined =>
  formats.find((format) => format.contentType === contentType);

/** `JPG, PNG, …` of one kind. */
export const formatLabels = (kind: MediaKind): string =>
  formats.flatMap((format) => (format.kind === kind ? format.label : [])).join(', ');

/**
 * True for HEIC, which is refused by name: the shipped libvips cannot decode HEVC. `head` is the beginning of the file.
 * ISO 23008-12, annex B, lists the brands with HEVC inside (`heic`, …) and those that leave open what is inside.
 */
export function isHeic(head: Uint8Array): boolean {
  const [major = ''] = brandsOf(head);
  return /^he(ic|ix|im|is|vc|vx|vm|vs)$/.test(major) || (STRUCTURE_BRAND.test(major) && !isAvifInside(head));
}

const STRUCTURE_BRAND = /^m[is]f1$/;

/** Of a file whose major brand leaves it open: AVIF names itself among the compatible brands then. */
export function isAvifInside(head: Uint8Array): boolean {
  const [major = '', ...compatible] = brandsOf(head);
  return STRUCTURE_BRAND.test(major) && compatible.some((brand) => brand === 'avif' || brand === 'avis');
}

const MAX_BRANDS_BYTES = 512;

/** ISO 14496-12, 4.3: the major brand of a file and the compatible ones; none where there is no `ftyp` box. */
function brandsOf(head: Uint8Array): string[] {
  const text = String.fromCharCode(...head.subarray(0, MAX_BRANDS_BYTES));
  if (text.slice(4, 8) !== 'ftyp') return [];
  const boxBytes = new DataView(head.buffer, head.byteOffset).getUint32(0);
  return [text.slice(8, 12), ...(text.slice(16, boxBytes).match(/.{4}/gs) ?? [])];
}
