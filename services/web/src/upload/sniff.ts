/** First bytes of things that are surely no image, video or sound. */
const foreignSignatures: readonly (readonly number[])[] = [
  ascii('%PDF-'),
  ascii('PK\u0003\u0004'),
  ascii('Rar!'),
  ascii('7z\u00bc\u00af'),
  [0x1f, 0x8b],
  ascii('BZh'),
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ascii('MZ'),
  [0x7f, ...ascii('ELF')],
  [0xd0, 0xcf, 0x11, 0xe0],
  ascii('SQLite format'),
];

/** How many bytes `isHeic` and `obviouslyUnsupported` want to see. */
export const sniffBytes = 512;

/**
 * True when the first bytes say for sure that this is no medium: an archive, a document, a program, or text (SVG and
 * playlists included). What is unclear goes to the server, which decides from the bytes as well.
 */
export function obviouslyUnsupported(head: Uint8Array): boolean {
  return (
    foreignSignatures.some((signature) => signature.every((byte, index) => head[index] === byte)) || looksLikeText(head)
  );
}

function looksLikeText(head: Uint8Array): boolean {
  // A sound may begin with a text-like tag; its sync bytes or zeros follow within the first bytes and are no text.
  return (
    head.length > 0 &&
    head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) &&
    isUtf8(head)
  );
}

function isUtf8(head: Uint8Array): boolean {
  try {
    // `stream`: a character cut at the end of the sample is no error.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
