import type { MediaKind } from './media';

/** An accepted file format. This file imports types only, because the web pages bundle it. */
export interface Format {
  /** The content type under which uploads of this format are stored and served. */
  contentType: string;
  kind: MediaKind;
  /** The name on pages and in error messages. */
  label: string;
  /** File name extensions, the usual one first. */
  extensions: readonly string[];
  /** The type for a file chooser (`accept`), where operating systems use another one than `contentType`. */
  chooserType?: string;
  /** The MIME types that the package file-type detects. */
  sniffedAs: readonly string[];
  /** The one loader of libvips, demuxer of ffmpeg or library that may read it, whatever the file claims to be. */
  reader: { loader: string; sharpFormat: string } | { demuxer: string } | { library: 'libheif' };
  /** Audio codecs that every browser plays in this container; a file with such audio only is its own preview. */
  browserSounds: readonly string[];
}

/**
 * The accepted formats. The file chooser and the lead of the upload page, the error for unsupported files, sniffing,
 * the loaders of libvips and the demuxers of ffmpeg derive from this list.
 */
export const formats: readonly Format[] = [
  image('image/jpeg', 'JPG', ['jpg', 'jpeg'], { loader: 'Jpeg', sharpFormat: 'jpeg' }),
  image('image/png', 'PNG', ['png', 'apng'], { loader: 'Png', sharpFormat: 'png' }, ['image/png', 'image/apng']),
  image('image/gif', 'GIF', ['gif'], { loader: 'Nsgif', sharpFormat: 'gif' }),
  image('image/webp', 'WebP', ['webp'], { loader: 'Webp', sharpFormat: 'webp' }),
  image('image/avif', 'AVIF', ['avif'], { loader: 'Heif', sharpFormat: 'heif' }),
  image('image/heic', 'HEIC', ['heic', 'heif', 'hif'], { library: 'libheif' }),
  image('image/tiff', 'TIFF', ['tif', 'tiff'], { loader: 'Tiff', sharpFormat: 'tiff' }),
  {
    contentType: 'video/mp4',
    kind: 'video',
    label: 'MP4',
    extensions: ['mp4', 'm4v', '3gp', '3g2'],
    sniffedAs: ['video/mp4', 'video/x-m4v', 'video/3gpp', 'video/3gpp2'], // the same boxes under brands of phones
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

/** The formats of which a server accepts uploads: all, or all but HEIC where it is switched off. */
export const acceptedFormats = (acceptsHeic: boolean): readonly Format[] =>
  formats.filter(({ contentType }) => acceptsHeic || contentType !== 'image/heic');

/**
 * Says which formats may be uploaded instead of a file that is not supported. `found`: the name of its format; null
 * where it is unknown.
 */
export function unsupportedDetail(acceptsHeic: boolean, found: string | null = null): string {
  const labels = (kind: MediaKind) =>
    acceptedFormats(acceptsHeic)
      .flatMap((format) => (format.kind === kind ? format.label : []))
      .join(', ');
  return (
    `${found ? `${found} files are` : 'This kind of file is'} not supported. Send an image (${labels('image')}), ` +
    `a video (${labels('video')}) or a sound (${labels('audio')}).`
  );
}

/**
 * Returns true for HEIC by the beginning of a file. ISO 23008-12, annex B, lists the brands with HEVC inside (`heic`,
 * …) and the structural brands, which do not say which codec is inside.
 */
export function isHeic(head: Uint8Array): boolean {
  const [major = ''] = brandsOf(head);
  return /^he(ic|ix|im|is|vc|vx|vm|vs)$/.test(major) || (STRUCTURE_BRAND.test(major) && !isAvifInside(head));
}

const STRUCTURE_BRAND = /^m[is]f1$/;

/** Returns true for a file with a structural major brand that has AVIF among its compatible brands. */
export function isAvifInside(head: Uint8Array): boolean {
  const [major = '', ...compatible] = brandsOf(head);
  return STRUCTURE_BRAND.test(major) && compatible.some((brand) => brand === 'avif' || brand === 'avis');
}

const MAX_BRANDS_BYTES = 512;

/** Returns the major brand and the compatible ones (ISO 14496-12, 4.3); none where there is no `ftyp` box. */
function brandsOf(head: Uint8Array): string[] {
  const text = String.fromCharCode(...head.subarray(0, MAX_BRANDS_BYTES));
  if (text.slice(4, 8) !== 'ftyp') return [];
  const boxBytes = new DataView(head.buffer, head.byteOffset).getUint32(0);
  return [text.slice(8, 12), ...(text.slice(16, boxBytes).match(/.{4}/gs) ?? [])];
}
