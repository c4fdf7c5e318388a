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
}

const open = new Set<() => Promise<void>>();

/** For what the server can not take back: the page shows it at once, the server hears of it when nobody undid it. */
export function postponed({ message, action, undone }: Postponed): void {
  let isUndone = false;
  const settle = async (): Promise<void> => {
    if (!open.delete(settle)) return;
    if (isUndone) return undone();
    await action().catch((error: unknown) => {
      undone();
      toast(messageOf(error), 'bad');
    });
  };
  open.add(settle);
  const run = (): void => void (isUndone = true);
  const offered = document.querySelector('toast-region')?.offer(message, { label: texts.undo, run, shownMs: undoMs, closed: () => void settle() });
  if (!offered) void settle();
}

/** Does at once what still waits: somebody logs out, or leaves the page. */
export async function settlePostponed(): Promise<void> {
  await Promise.all([...open].map((settle) => settle()));
}
