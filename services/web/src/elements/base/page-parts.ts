import { messageOf } from '../../network/problem';
import { h, type Child } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';

/** Builds the heading of a page with its lead and actions. */
export function pageHead(title: string, lead: Child, ...actions: Child[]): HTMLElement {
  return h(
    'header',
    { class: 'page-head' },
    h('div', {}, h('h1', { tabindex: -1 }, title), lead ? h('p', { class: 'page-lead' }, lead) : null),
    h('div', { class: 'page-actions' }, ...actions),
  );
}

/** Builds the message of an empty list. */
export function emptyState(name: IconName, title: string, lead: string, ...actions: Child[]): HTMLElement {
  return h(
    'div',
    { class: 'empty' },
    h('div', { class: 'empty-sign' }, icon(name)),
    h('h2', {}, title),
    h('p', {}, lead),
    ...actions,
  );
}

/** Builds the message of a failed read; lost connections are retried before (see `load`). `retry` repeats the read. */
export function problemState(error: unknown, retry = (): void => location.reload()): HTMLElement {
  const button = h('button', { type: 'button', class: 'button', onclick: retry }, texts.tryAgain);
  return h(
    'div',
    { class: 'empty', role: 'alert' },
    h('div', { class: 'empty-sign bad' }, icon('alert')),
    h('p', {}, messageOf(error)),
    button,
  );
}

/** Builds grey placeholders of the size of cards, so that the layout does not shift when cards are loaded. */
export function skeletonCards(count: number): HTMLElement[] {
  return Array.from({ length: count }, () =>
    h(
      'div',
      { class: 'card skeleton', 'aria-hidden': 'true' },
      h('div', { class: 'card-picture' }),
      h('div', { class: 'card-text' }),
    ),
  );
}
