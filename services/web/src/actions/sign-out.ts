import { broadcast } from '../network/live';
import { forgetDrafts } from '../state/drafts';
import { session, sessionEnded } from '../state/session';
import { confirmDialog } from '../ui/confirm-dialog';
import { texts } from '../ui/texts';
import { canKeep } from '../upload/pending-database';
import { countPending } from '../upload/pending-files';
import { uploads } from '../upload/uploads';

/** Asks before a logout while this tab or another has unsent files; resolves to false when the user stays. */
export async function confirmSignOut(): Promise<boolean> {
  const userId = session.value?.id ?? '';
  const count = Math.max(uploads.queue.tally.all.unsent, await countPending(userId));
  if (count === 0) return true;
  const { title, kept, lost, confirm, dismiss } = texts.signOut;
  return confirmDialog({ title: title(count), lead: canKeep ? kept : lost, confirm, dismiss });
}

/** Ends the session after a logout by the user, in all tabs of this browser, which share it. */
export function signOut(): void {
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
