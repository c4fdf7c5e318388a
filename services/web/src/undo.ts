import { toast } from './elements/toast-region';
import { messageOf } from './problem';
import { texts } from './texts';

const undoMs = 8_000;

export interface Postponed {
  /** What the page looks like already: `3 notifications cleared.` */
  message: string;
  /** Makes it true, once the time to undo is over. */
  action: () => Promise<void>;
  /** It was taken back, or it went wrong: show again what was hidden. */
  undone: () => void;
  /** What is too precious to be done when somebody just leaves. */
  careful?: boolean;
}

interface Open {
  settle: () => Promise<void>;
  undo: () => void;
  careful: boolean;
}

const open = new Set<Open>();

/** For what the server can not take back: the page shows it at once, the server hears of it when nobody undid it. */
export function postponed({ message, action, undone, careful = false }: Postponed): void {
  let isUndone = false;
  const settle = async (): Promise<void> => {
    if (!open.delete(entry)) return;
    if (isUndone) return undone();
    await action().catch((error: unknown) => {
      undone();
      toast(messageOf(error), 'bad');
    });
  };
  const undo = (): void => {
    isUndone = true;
    close?.();
  };
  const entry = { settle, undo, careful };
  open.add(entry);
  const run = (): void => void (isUndone = true);
  const close = document.querySelector('toast-region')?.offer(message, { label: texts.undo, run, shownMs: undoMs, closed: () => void settle() });
  if (!close) void settle();
}

/** Takes the last one back. @returns false when there is none that could be. */
export function undoLast(): boolean {
  const last = [...open].at(-1);
  last?.undo();
  return last !== undefined;
}

/** Somebody logs out, or leaves the page: what still waits is done at once, or, where care is needed, not at all. */
export async function settlePostponed(): Promise<void> {
  await Promise.all([...open].map(({ settle, undo, careful }) => (careful ? undo() : settle())));
}
