import { h } from '../dom';
import { icon } from '../icons';
import type { Page } from '../router';
import { texts } from '../texts';

export function notFoundPage(): Page {
  const content = h(
    'div',
    { class: 'empty' },
    h('div', { class: 'empty-sign' }, icon('search')),
    h('h1', { tabindex: -1 }, texts.notFound.title),
    h('p', {}, texts.notFound.lead),
    h('a', { class: 'button', href: '/' }, texts.notFound.home),
  );
  return { title: texts.notFound.title, content };
}
