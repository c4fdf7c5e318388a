import type { Page } from '../state/router';
import { session } from '../state/session';
import { h } from '../ui/dom';
import { brandMark, icon } from '../ui/icons';
import { texts } from '../ui/texts';

/** Builds the page of unknown paths, which the server sends with 404. Without a session it has no navigation. */
export function notFoundPage(): Page {
  const brand = h('a', { class: 'brand', href: '/' }, brandMark(), h('span', { class: 'brand-name' }, texts.name));
  const links = session.value
    ? [
        h('a', { class: 'button primary', href: '/' }, texts.notFound.home),
        h('a', { class: 'button', href: '/media' }, texts.nav.media),
      ]
    : [h('a', { class: 'button primary', href: '/login' }, texts.auth.login)];
  const content = h(
    'div',
    { class: 'lost' },
    session.value ? null : brand,
    h('div', { class: 'lost-picture', 'aria-hidden': 'true' }, icon('image')),
    h('h1', { tabindex: -1 }, texts.notFound.title),
    h('p', {}, texts.notFound.lead(location.pathname)),
    h('div', { class: 'button-row' }, ...links),
  );
  return { title: texts.notFound.title, content };
}
