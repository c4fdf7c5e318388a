import { fill, h, setText } from '../../ui/dom';
import { strengthOf, type Strength } from '../../ui/password-strength';
import { texts } from '../../ui/texts';
import { SignalElement } from '../base/signal-element';

const levels: Record<Strength, number> = { empty: 0, short: 0, own: 0, weak: 1, fair: 2, good: 3, strong: 4 };

/** Returns the words that the password must not be; `value` returns the value of a field of the same form. */
export type OwnWords = (value: (name: string) => string) => readonly string[];

/** Shows the strength of the password in its field while it is typed. */
export class PasswordMeter extends SignalElement {
  /** Words of the account, which the server also refuses. */
  own: OwnWords = () => [];
  #word = h('p', { class: 'meter-word', role: 'status' });

  protected connected(signal: AbortSignal): void {
    const bars = Object.values(levels)
      .filter((level) => level > 0)
      .map(() => h('span'));
    fill(this, h('div', { class: 'meter-bars', 'aria-hidden': 'true' }, ...bars), this.#word);
    const form = this.closest('form');
    form?.addEventListener('input', () => this.#show(), { signal });
    // The fields have their new values only after the event.
    form?.addEventListener('reset', () => queueMicrotask(() => this.#show()), { signal });
    this.#show();
  }

  #show(): void {
    const fields = this.closest('form')?.elements;
    const value = (name: string): string => (fields?.namedItem(name) as HTMLInputElement | null)?.value ?? '';
    const strength = strengthOf(this.closest('.field')?.querySelector('input')?.value ?? '', this.own(value));
    this.hidden = strength === 'empty';
    this.dataset['level'] = String(levels[strength]);
    setText(this.#word, texts.strength[strength]);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'password-meter': PasswordMeter;
  }
}
