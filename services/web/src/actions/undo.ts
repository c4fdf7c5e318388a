import { messageOf } from '../network/problem';
import { texts } from '../ui/texts';
import { offerToast, toast } from '../ui/toasts';

const undoMs = 8_000;

export interface Postponed {
  /** The message of the toast, as if the action were done: `3 notifications cleared.` */
  message: string;
  /** Runs when the time to undo has passed. Sends its request before its first `await`, as the page may be closing. */
  action: () => Promise<void>;
  /** Runs after an undo or a failure: shows again what was hidden. */
  revert: () => void;
}

interface Open {
  settle: () => Promise<void>;
  undo: () => void;
}

const open = new Set<Open>();

/** Postpones an action that the server cannot undo until the time to undo has passed, and offers to undo it. */
export function postpone({ message, action, revert }: Postponed): void {
  let isUndone = false;
  const settle = async (): Promise<void> => {
    if (!open.delete(entry)) return;
    close();
    if (isUndone) return revert();
    await action().catch((error: unknown) => {
      revert();
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

/** Undoes the last postponed action on Ctrl+Z or Cmd+Z, except in text fields. */
export function undoByKey(event: KeyboardEvent): void {
  const { key, ctrlKey, metaKey, altKey, target } = event;
  if (key !== 'z' || altKey || !(ctrlKey || metaKey)) return;
  if ((target as Element).closest('input:not([type=checkbox]), textarea')) return;
  if (document.querySelector('dialog[open]')) return;
  const last = [...open].at(-1);
  last?.undo();
  if (last) event.preventDefault();
}

/** Runs all postponed actions at once, at a logout or when the page closes. */
export async function settlePostponed(): Promise<void> {
  await Promise.all([...open].map(({ settle }) => settle()));
}
