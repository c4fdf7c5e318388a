import { Topic } from './store';

export type Tone = 'ok' | 'bad';

export interface ToastAction {
  label: string;
  run: () => void;
  shownMs: number;
  /** Called once when the toast has gone, in whatever way. */
  closed: () => void;
}

export interface Toast {
  message: string;
  tone: Tone;
  link?: { href: string; label: string } | undefined;
  action?: ToastAction;
  /** Closes the toast when it aborts. */
  withdrawn?: AbortSignal;
}

/** What the toast region of the page shows. */
export const toasts = new Topic<Toast>();

/** A short message about what just happened. */
export function toast(message: string, tone: Tone = 'ok', link?: Toast['link']): void {
  toasts.emit({ message, tone, link });
}

/** A message with something to do about it. @returns a function that closes it */
export function offerToast(message: string, action: ToastAction): () => void {
  const withdrawal = new AbortController();
  toasts.emit({ message, tone: 'ok', action, withdrawn: withdrawal.signal });
  return () => withdrawal.abort();
}
