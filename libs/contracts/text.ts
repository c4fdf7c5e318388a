/** A line break in any of its forms (Unicode Standard Annex 14, class BK). */
const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029]/g;
/**
 * Control characters but tab and line feed, marks without width or glyph, and the bidirectional controls, which reorder
 * text on display (CVE-2021-42574). Joiners stay: scripts and emoji need them.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- they are what is removed
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g;

/** Cleans a text that people or files supply: no characters that are invisible or reorder others. Keeps line breaks. */
export const cleanText = (text: string): string =>
  text.toWellFormed().normalize('NFC').replace(LINE_BREAK, '\n').replace(INVISIBLE, '').trim();

/** As `cleanText`, on a single line: a title, a tag. */
export const cleanLine = (text: string): string => cleanText(text).replace(/\s*[\t\n]\s*/g, ' ');
