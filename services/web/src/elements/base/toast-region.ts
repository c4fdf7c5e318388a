import { h } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toasts, type Toast, type Tone } from '../../ui/toasts';
import { SignalElement } from './signal-element';

/** Errors take longer to read. */
const shownMs: Record<Tone, number> = { ok: 5_000, bad: 12_000 };
/** A toast closes after this time even under pointer or focus, because a postponed deletion may depend on it. */
const longestMs = 30_000;

/** Shows toasts. `aria-live` is polite: screen readers announce them at the next pause. */
export class ToastRegion extends SignalElement {
  readonly #closers = new WeakMap<Element, () => void>();

  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
    toasts.on((toast) => this.#show(toast), signal);
  }

  #show({ message, tone, link, action, withdrawn }: Toast): void {
    const close = (): void => {
      if (!note.isConnected) return;
      stopTimers();
      note.remove();
      action?.closed();
    };
    const run = (): void => {
      action?.run();
      close();
    };
    const button = action && h('button', { type: 'button', class: 'button small', onclick: run }, action.label);
    const dismiss = h(
      'button',
      { type: 'button', class: 'icon-button', 'aria-label': texts.close, onclick: close },
      icon('close'),
    );
    const extra = link ? h('a', { href: link.href }, link.label) : (button ?? null);
    const note = h(
      'div',
      { class: 'toast', 'data-tone': tone },
      icon(tone === 'ok' ? 'check' : 'alert'),
      h('p', {}, message),
      extra,
      dismiss,
    );
    this.append(note);
    const stopTimers = closeLater(note, action?.shownMs ?? shownMs[tone], close);
    withdrawn?.addEventListener('abort', close, { once: true });
    this.#closers.set(note, close);
    if (this.childElementCount > 3 && this.firstElementChild) this.#closers.get(this.firstElementChild)?.();
  }
}

/**
 * Closes a toast after `timeMs`, which start again when the pointer or the focus leaves it; after `longestMs` at the
 * latest. Returns a function that stops both timers.
 */
function closeLater(note: HTMLElement, timeMs: number, close: () => void): () => void {
  let timer = setTimeout(close, timeMs);
  const last = setTimeout(close, longestMs);
  const hold = (): void => clearTimeout(timer);
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, timeMs);
  };
  // A toast that appears under a resting pointer also gets `pointerenter`, so only movements count.
  note.addEventListener('pointermove', ({ movementX, movementY }) => (movementX !== 0 || movementY !== 0) && hold());
  note.addEventListener('focusin', hold);
  for (const name of ['pointerleave', 'focusout']) note.addEventListener(name, restart);
  return () => {
    clearTimeout(timer);
    clearTimeout(last);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'toast-region': ToastRegion;
  }
}
