import { broadcast } from '../network/live';
import { forgetDrafts } from '../state/drafts';
import { session, sessionEnded } from '../state/session';
import { forgetAll } from '../upload/pending-files';

/** Ends the session after a logout by the user, in all tabs of this browser, which share it. */
export function signOut(): void {
  void forgetAll();
  broadcast({ type: 'signed-out' });
  signOutHere();
}

/** Ends the session in this tab after a logout; the next login does not return to the current page. */
export function signOutHere(): void {
  history.replaceState({ scrollY: 0 }, '', '/login');
  session.set(null);
  forgetDrafts();
}

/** Ends the session after the server has ended it; the next login returns to the current page. */
export function endSession(): void {
  if (session.value) sessionEnded.set(true);
  session.set(null);
}
