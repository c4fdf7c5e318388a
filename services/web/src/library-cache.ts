import { removeItem, replaceItem, type LibraryState } from './library';
import { live } from './live';
import { Store } from './store';

/** What the library page loaded last. "Back" shows it at once, and the detail page goes through it. */
export const lastLibrary = new Store<LibraryState | null>(null);

/** Keeps it true while other pages are shown; forgets it when the session ends, for the next person is another one. */
export function connectLibrary(signal: AbortSignal): void {
  live.mediaDeleted.on((id) => change((state) => removeItem(state, id)), signal);
  live.media.on((media) => change((state) => replaceItem(state, media)), signal);
  signal.addEventListener('abort', () => lastLibrary.set(null), { once: true });
}

function change(next: (state: LibraryState) => LibraryState): void {
  if (lastLibrary.value) lastLibrary.set(next(lastLibrary.value));
}
