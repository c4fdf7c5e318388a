import { broadcast } from '../network/live';
import { session } from '../state/session';
import { forgetAll } from '../upload/pending-files';

/** Logs out on purpose: the other tabs of this browser, whose session is the same, follow, and nobody comes back to this page. */
export function signOut(): void {
  void forgetAll();
  broadcast({ type: 'signed-out' });
  signOutHere();
}

/** Another tab logged out on purpose. */
export function signOutHere(): void {
  history.replaceState({ scrollY: 0 }, '', '/login');
  session.set(null);
}

/** The session ended under us: whoever logs in again comes back to the same page. */
export function endSession(): void {
  session.set(null);
}
