import { tell } from './live';
import { session } from './session';

/** Forgets who was logged in; `everywhere` tells the other tabs of this browser, whose session is the same. */
export function signOut({ everywhere }: { everywhere: boolean }): void {
  if (everywhere) tell({ type: 'signed-out' });
  session.set(null);
}
