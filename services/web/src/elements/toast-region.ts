import { h } from '../dom';
import { icon } from '../icons';
import { texts } from '../texts';

type Tone = 'ok' | 'bad';
/** What went wrong takes longer to read. */
const shownMs: Record<Tone, number> = { ok: 5_000, bad: 12_000 };

/** Short words about what just happened. Polite: they wait for a pause in what is being read. */
export class ToastRegion extends HTMLElement {
  connectedCallback(): void {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
  }

  show(message: string, tone: Tone, link?: { href: string; label: string }): void {
    const note = h(
      'div',
      { class: 'toast', 'data-tone': tone },
      icon(tone === 'ok' ? 'check' : 'alert'),
      h('p', {}, message),
      link ? h('a', { href: link.href }, link.label) : null,
      h('button', { type: 'button', class: 'icon-button', 'aria-label': texts.close, onclick: () => note.remove() }, icon('close')),
    );
    this.append(note);
    setTimeout(() => note.remove(), shownMs[tone]);
    while (this.childElementCount > 3) this.firstElementChild?.remove();
  }
}

export function toast(message: string, tone: Tone = 'ok', link?: { href: string; label: string }): void {
  document.querySelector('toast-region')?.show(message, tone, link);
}

declare global {
  interface HTMLElementTagNameMap {
    'toast-region': ToastRegion;
  }
}
