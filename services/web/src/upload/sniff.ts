/** First bytes of formats that are no image, video or sound. */
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

/** The number of bytes that `isHeic` and `isObviouslyUnsupported` need. */
export const sniffBytes = 512;

/**
 * Returns true when the first bytes are certainly not those of a medium: an archive, a document, a program, or text
 * (SVG and playlists included). All other files are sent to the server, which also decides from the bytes.
 */
export function isObviouslyUnsupported(head: Uint8Array): boolean {
  return (
    foreignSignatures.some((signature) => signature.every((byte, index) => head[index] === byte)) || looksLikeText(head)
  );
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
