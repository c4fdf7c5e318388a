import { h, setText } from '../../ui/dom';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';

export interface SelectionActions {
  remove: () => void;
  retry: () => void;
  analyse: () => void;
  clear: () => void;
  selectAll: () => void;
}

export interface SelectionBar {
  element: HTMLElement;
  /** Shows the number of selected items, and how many of them are retryable. */
  show: (selected: number, retryable: number) => void;
}

/** Builds the toolbar of the selection, which is hidden while nothing is selected. */
export function selectionBar({ remove, retry, analyse, clear, selectAll }: SelectionActions): SelectionBar {
  const count = h('p', { class: 'selection-count', role: 'status' });
  const retryLabel = h('span');
  const retryButton = h('button', { type: 'button', class: 'button small', onclick: retry }, icon('retry'), retryLabel);
  const bar = h(
    'div',
    { class: 'selection-bar', role: 'toolbar', 'aria-label': texts.selection.label, hidden: true },
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'aria-label': texts.selection.clear,
        title: texts.selection.clear,
        onclick: clear,
      },
      icon('close'),
    ),
    h('button', { type: 'button', class: 'button small', onclick: selectAll }, texts.selection.all),
    retryButton,
    h('button', { type: 'button', class: 'button small', onclick: analyse }, icon('sparkle'), texts.selection.analyse),
    h('button', { type: 'button', class: 'button small danger', onclick: remove }, icon('trash'), texts.media.delete),
  );
  // The count is always in the page, because screen readers do not announce a region that appears with its text.
  const element = h('div', { class: 'selection' }, count, bar);
  const show = (selected: number, retryable: number): void => {
    element.toggleAttribute('data-open', selected > 0);
    bar.hidden = selected === 0;
    setText(count, selected > 0 ? texts.selection.count(selected) : '');
    retryButton.hidden = retryable === 0;
    setText(retryLabel, retryable === selected ? texts.media.retry : texts.selection.retry(retryable));
  };
  return { element, show };
}
