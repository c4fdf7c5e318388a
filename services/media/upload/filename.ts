import { cleanText } from '#contracts';

const MAX_LENGTH = 255;

/** Returns a client's file name as text for display; it is never used as a path. */
export function displayFilename(given: string): string {
  const base = given.split(/[/\\]/).at(-1) ?? '';
  const clean = cleanText(base).replaceAll(/[\t\n]/g, '');
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
