import { messageOf } from '../../network/problem';
import { h, type Child } from '../../ui/dom';
import { icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';

/** The heading of a page and what belongs beside it. */
export function pageHead(title: string, lead: Child, ...actions: Child[]): HTMLElement {
  return h(
    'header',
    { class: 'page-head' },
    h('div', {}, h('h1', { tabindex: -1 }, title), lead ? h('p', { class: 'page-lead' }, lead) : null),
    h('div', { class: 'page-actions' }, ...actions),
  );
}

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

/** For a read that was refused; a lost connection never gets here, it is waited for. `again` repeats the read. */
export function problemState(error: unknown, again = (): void => location.reload()): HTMLElement {
  const button = h('button', { type: 'button', class: 'button', onclick: again }, texts.tryAgain);
  return h(
    'div',
    { class: 'empty', role: 'alert' },
    h('div', { class: 'empty-sign bad' }, icon('alert')),
    h('p', {}, messageOf(error)),
    button,
  );
}

/** Grey places where cards will be, of the same size, so that nothing jumps. */
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
