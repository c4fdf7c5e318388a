import { h, type Child } from '../dom';
import { icon } from '../icons';
import { texts } from '../texts';

type Tone = 'ok' | 'bad';

/** What went wrong takes longer to read. */
const shownMs: Record<Tone, number> = { ok: 5_000, bad: 12_000 };
/** A note closes by then, wherever pointer and focus are: a deletion may wait for it. */
const longestMs = 30_000;

export interface ToastAction {
  label: string;
  run: () => void;
  shownMs: number;
  /** Called once when the note has gone, in whatever way. */
  closed: () => void;
}

/** Short words about what just happened. Polite: they wait for a pause in what is being read. */
export class ToastRegion extends HTMLElement {
  readonly #closers = new WeakMap<Element, () => void>();

  connectedCallback(): void {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
  }

  show(message: string, tone: Tone, link?: { href: string; label: string }): void {
    this.#show(message, tone, shownMs[tone], () => undefined, link ? h('a', { href: link.href }, link.label) : null);
  }

  /** A note with something to do about it. @returns a function that closes it */
  offer(message: string, action: ToastAction): () => void {
    const button = h('button', { type: 'button', class: 'button small', onclick: () => void (action.run(), close()) }, action.label);
    const close = this.#show(message, 'ok', action.shownMs, action.closed, button);
    return close;
  }

  #show(message: string, tone: Tone, timeMs: number, closed: () => void, extra: Child): () => void {
    const close = (): void => {
      if (!note.isConnected) return;
      stopClock();
      note.remove();
      closed();
    };
    const dismiss = h('button', { type: 'button', class: 'icon-button', 'aria-label': texts.close, onclick: close }, icon('close'));
    const note = h('div', { class: 'toast', 'data-tone': tone }, icon(tone === 'ok' ? 'check' : 'alert'), h('p', {}, message), extra, dismiss);
    this.append(note);
    const stopClock = closeLater(note, timeMs, close);
    this.#closers.set(note, close);
    if (this.childElementCount > 3 && this.firstElementChild) this.#closers.get(this.firstElementChild)?.();
    return close;
  }
}

/**
 * Closes a note after `timeMs`, counted anew once the pointer or the focus has left it; after `longestMs` in any case.
 * @returns what stops the clock
 */
function closeLater(note: HTMLElement, timeMs: number, close: () => void): () => void {
  let timer = setTimeout(close, timeMs);
  const last = setTimeout(close, longestMs);
  const hold = (): void => clearTimeout(timer);
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, timeMs);
  };
  // A note that appears under a pointer at rest gets `pointerenter`, too: only a movement counts.
  note.addEventListener('pointermove', ({ movementX, movementY }) => (movementX !== 0 || movementY !== 0) && hold());
  note.addEventListener('focusin', hold);
  for (const name of ['pointerleave', 'focusout']) note.addEventListener(name, restart);
  return () => {
    clearTimeout(timer);
    clearTimeout(last);
  };
}

export function toast(message: string, tone: Tone = 'ok', link?: { href: string; label: string }): void {
  document.querySelector('toast-region')?.show(message, tone, link);
}

declare global {
  interface HTMLElementTagNameMap {
    'toast-region': ToastRegion;
  }
}
