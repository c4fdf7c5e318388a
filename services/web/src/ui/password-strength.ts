/** `own`: the name or e-mail of the account, which the server refuses. */
export type Strength = 'empty' | 'short' | 'own' | 'weak' | 'fair' | 'good' | 'strong';

const leastCharacters = 8;
const rows = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/**
 * Estimates the resistance of a password to guessing, by the number of characters that do not follow from those before
 * them. The server's list of common passwords is not here, so a word, alone or followed by a number, counts as weak.
 */
export function strengthOf(password: string, own: readonly string[]): Strength {
  const characters = [...password];
  const text = password.toLowerCase();
  if (characters.length === 0) return 'empty';
  if (characters.length < leastCharacters) return 'short';
  if (own.some((word) => word !== '' && text === word.toLowerCase())) return 'own';
  if (characters.length < 12 && /^(\p{L}+|\d+)[\d\W]{0,4}$/u.test(password)) return 'weak';
  const unpredictable =
    Math.min(countUnpredictable([...text]), new Set(characters).size * 2) + (kindsOf(password) >= 3 ? 2 : 0);
  if (unpredictable < 9) return 'weak';
  if (unpredictable < 12) return 'fair';
  return unpredictable < 16 ? 'good' : 'strong';
}

function countUnpredictable(characters: readonly string[]): number {
  return characters.filter((character, index) => !follows(characters[index - 1], character)).length;
}

/** Returns true for a repeated character, or the next of a row in either direction: `aa`, `ab`, `21`, `qw`. */
function follows(before: string | undefined, character: string): boolean {
  if (before === undefined) return false;
  return (
    before === character || rows.some((row) => row.includes(before + character) || row.includes(character + before))
  );
}

function kindsOf(password: string): number {
  return [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
}

/** Returns the parts of an account that the server refuses as its password. */
export function ownWords(username: string, email: string): string[] {
  return [username, email, email.slice(0, Math.max(0, email.lastIndexOf('@')))];
}
