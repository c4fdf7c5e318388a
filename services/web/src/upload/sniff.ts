/** Formats that are no image, video or sound. */
export type ForeignFormat =
  | 'pdf'
  | 'zip'
  | 'archive'
  | 'program'
  | 'office'
  | 'database'
  | 'svg'
  | 'playlist'
  | 'webPage'
  | 'text';

/** Their first bytes. */
const foreignSignatures: readonly (readonly [ForeignFormat, readonly number[]])[] = [
  ['pdf', ascii('%PDF-')],
  ['zip', ascii('PK\u0003\u0004')],
  ['archive', ascii('Rar!')],
  ['archive', ascii('7z\u00bc\u00af')],
  ['archive', [0x1f, 0x8b]],
  ['archive', ascii('BZh')],
  ['archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['program', ascii('MZ')],
  ['program', [0x7f, ...ascii('ELF')]],
  ['office', [0xd0, 0xcf, 0x11, 0xe0]],
  ['database', ascii('SQLite format')],
];

const foreignTexts: readonly (readonly [ForeignFormat, RegExp])[] = [
  ['svg', /<svg[\s>]/i],
  ['playlist', /^#EXTM3U/],
  ['webPage', /^\s*<(!doctype html|html)/i],
];

/** The number of bytes that `isHeic` and `foreignFormat` need. */
export const sniffBytes = 512;

/**
 * Returns the format when the first bytes are certainly not those of a medium: an archive, a document, a program, or
 * text (SVG and playlists included); otherwise null. Such files are sent to the server, which also decides from the
 * bytes.
 */
export function foreignFormat(head: Uint8Array): ForeignFormat | null {
  const [format] = foreignSignatures.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte)) ?? [];
  if (format) return format;
  if (!looksLikeText(head)) return null;
  const text = new TextDecoder().decode(head);
  return foreignTexts.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';
}

function looksLikeText(head: Uint8Array): boolean {
  // A sound may begin with a text-like tag, but its sync bytes or zeros follow within the first bytes.
  return (
    head.length > 0 &&
    head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) &&
    isUtf8(head)
  );
}

function isUtf8(head: Uint8Array): boolean {
  try {
    // With `stream`, a character that is cut at the end of the sample is not an error.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
