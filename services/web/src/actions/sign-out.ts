import { tell } from '../network/live';
import { session } from '../state/session';
import { forgetAll } from '../upload/pending-files';

/** Logs out on purpose: the other tabs of this browser, whose session is the same, follow, and nobody comes back to this page. */
export function signOut(): void {
  void forgetAll();
  tell({ type: 'signed-out' });
  leaveForGood();
}

/** Another tab logged out on purpose. */
export function leaveForGood(): void {
  history.replaceState({ scrollY: 0 }, '', '/login');
  session.set(null);
}

/** The session ended under us: whoever logs in again comes back to the same page. */
export function sessionEnded(): void {
  session.set(null);
}
