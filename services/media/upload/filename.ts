const MAX_LENGTH = 255;
/** Control characters, and the bidirectional overrides with which `exe.gpj` reads as `jpg.exe`. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]/gu;

/** Returns a client's file name as text for display; it is never used as a path. */
export function displayFilename(given: string): string {
  const base = given.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = base.toWellFormed().replace(UNSAFE, '').trim();
  return truncate(clean) || 'unnamed';
}

/** Returns the default title of a file: its name without the extension. */
export function titleOf(filename: string): string {
  const stem = filename.replace(/(?<=.)\.[A-Za-z0-9]{1,8}$/, '');
  return [...stem].slice(0, 200).join('').trim() || filename.slice(0, 200);
}

/** Keeps the extension, which says what the file is. */
function truncate(name: string): string {
  const characters = [...name];
  if (characters.length <= MAX_LENGTH) return name;
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  return characters.slice(0, MAX_LENGTH - extension.length).join('') + extension;
}
