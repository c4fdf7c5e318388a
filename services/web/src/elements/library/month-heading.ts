import { h, setText } from '../../ui/dom';
import { texts } from '../../ui/texts';

/** Builds the heading of a month, with a button that fires `month-select` (detail: the month as shown). */
export function monthHeading(month: string): HTMLElement {
  const onclick = (event: Event): void =>
    void event.target?.dispatchEvent(new CustomEvent('month-select', { bubbles: true, detail: month }));
  return h(
    'div',
    { class: 'month' },
    h('h2', {}, month),
    h(
      'button',
      { type: 'button', class: 'month-select', 'aria-label': texts.selection.select(month), onclick },
      texts.selection.selectMonth,
    ),
  );
}

/** A label that stays at the top of the window while the heading of the visible month is above it. */
export class CurrentMonth {
  readonly #label = h('span');
  readonly element = h('p', { class: 'month-now', 'aria-hidden': 'true', hidden: true }, this.#label);

  /** Shows the month of the first visible row; null while its heading is visible. */
  show(month: string | null): void {
    this.element.hidden = month === null;
    setText(this.#label, month ?? '');
  }
}

declare global {
  interface HTMLElementEventMap {
    'month-select': CustomEvent<string>;
  }
}
