import { ProblemError } from '#nest';
import { commonPasswords, commonWords } from './common-passwords';
import { normalizePassword } from './password-hasher';

/** Personal values that must not be the password. */
export interface Owner {
  username: string;
  email: string;
}

/**
 * Rejects personal, common and patterned passwords, without composition rules (NIST SP 800-63B, section 5.1.1.2).
 * @param path of the field, for the error
 * @throws {ProblemError} validation_failed
 */
export function assertStrongPassword(password: string, owner: Owner, path: string): void {
  const message = weakness(normalizePassword(password).toLowerCase(), owner);
  if (message) throw new ProblemError('validation_failed', { errors: [{ path, message }] });
}

function weakness(password: string, { username, email }: Owner): string | null {
  const personal = [username, email, email.slice(0, email.lastIndexOf('@'))].map((text) => text.toLowerCase());
  if (personal.includes(password)) return 'Do not use your own name or e-mail as the password.';
  const word = password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, ''); // "Password!1", "secret123"
  const core = password.replace(/^[^\p{L}\d]+|[^\p{L}\d]+$/gu, ''); // "Passw0rd!"
  if (
    [password, core, word].some((text) => commonPasswords.has(text)) ||
    commonWords.has(word) ||
    isPattern(core || password)
  )
    return 'This password is one of the most common ones. Choose another.';
  return null;
}

const rows = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'].map((row) =>
  row.repeat(13),
);
const sequences = [...rows, ...rows.map((row) => [...row].toReversed().join(''))];

/** `123456789012`, `hgfedcba`, `aaaaaaaa`, `123123123`. */
const isPattern = (text: string) =>
  sequences.some((sequence) => sequence.includes(text)) || /^(.{1,3})\1+$/u.test(text);
