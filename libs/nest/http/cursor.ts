import { isId } from '#platform';
import { ProblemError } from './problem';

/** Returns the cursor of a list, from the id after which its next page begins. */
export const encodeCursor = (id: string): string => Buffer.from(id).toString('base64url');

/** Returns the id after which a page begins. @throws {ProblemError} validation_failed */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (isId(id)) return id;
  throw new ProblemError('validation_failed', {
    errors: [{ path: 'cursor', message: 'Send the nextCursor of a list unchanged.' }],
  });
}
