const MAX_LENGTH = 255;
/** Controls, and the bidirectional overrides with which `exe.gpj` reads as `jpg.exe`. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]/gu;

/** The name a client gave, as text to show: never a path, never used as one. */
export function displayFilename(given: string): string {
  const base = given.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = base.toWellFormed().replace(UNSAFE, '').trim();
  return shortened(clean) || 'unnamed';
}

/** A title for a file nobody gave one: its name without the ending. */
export function titleOf(filename: string): string {
  const withoutEnding = filename.replace(/(?<=.)\.[A-Za-z0-9]{1,8}$/, '');
  return [...withoutEnding].slice(0, 200).join('').trim() || filename.slice(0, 200);
}

/** Keeps the ending, which tells people what it is. */
function shortened(name: string): string {
  const characters = [...name];
  if (characters.length <= MAX_LENGTH) return name;
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? '';
  return characters.slice(0, MAX_LENGTH - ending.length).join('') + ending;
}
