import { Topic } from './store';

export type Tone = 'ok' | 'bad';

export interface ToastAction {
  label: string;
  run: () => void;
  shownMs: number;
  /** Called once when the toast is closed, for any reason. */
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

/** The toasts that the toast region of the page shows. */
export const toasts = new Topic<Toast>();

/** Shows a short message. */
export function toast(message: string, tone: Tone = 'ok', link?: Toast['link']): void {
  toasts.emit({ message, tone, link });
}

/** Shows a message with an action. Returns a function that closes it. */
export function offerToast(message: string, action: ToastAction): () => void {
  const withdrawal = new AbortController();
  toasts.emit({ message, tone: 'ok', action, withdrawn: withdrawal.signal });
  return () => withdrawal.abort();
}
