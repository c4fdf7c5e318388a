import { messageOf } from '../network/problem';
import { texts } from '../ui/texts';
import { offerToast, toast } from '../ui/toasts';

const undoMs = 8_000;

export interface Postponed {
  /** What the page looks like already: `3 notifications cleared.` */
  message: string;
  /** Makes it true, once the time to undo is over. The page may be closing: it sends before its first `await`. */
  action: () => Promise<void>;
  /** It was taken back, or it went wrong: show again what was hidden. */
  undone: () => void;
}

interface Open {
  settle: () => Promise<void>;
  undo: () => void;
}

const open = new Set<Open>();

/** For what the server cannot take back: shown at once, requested when the time to undo is over. */
export function postpone({ message, action, undone }: Postponed): void {
  let isUndone = false;
  const settle = async (): Promise<void> => {
    if (!open.delete(entry)) return;
    close();
    if (isUndone) return undone();
    await action().catch((error: unknown) => {
      undone();
      toast(messageOf(error), 'bad');
    });
  };
  const undo = (): void => {
    isUndone = true;
    void settle();
  };
  const entry = { settle, undo };
  open.add(entry);
  const offer = { label: texts.undo, run: undo, shownMs: undoMs, closed: () => void settle() };
  const close = offerToast(message, offer);
}

/** Ctrl+Z, or Cmd+Z, takes the last one back on every page; in a text field it belongs to the text. */
export function undoByKey(event: KeyboardEvent): void {
  const { key, ctrlKey, metaKey, altKey, target } = event;
  if (key !== 'z' || altKey || !(ctrlKey || metaKey)) return;
  if ((target as Element).closest('input:not([type=checkbox]), textarea')) return;
  if (document.querySelector('dialog[open]')) return;
  const last = [...open].at(-1);
  last?.undo();
  if (last) event.preventDefault();
}

/** The user logs out, or closes the page: what still waits is done at once. */
export async function settlePostponed(): Promise<void> {
  await Promise.all([...open].map(({ settle }) => settle()));
}
