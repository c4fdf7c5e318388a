import { h, type Child } from '../ui/dom';
import { brandMark } from '../ui/icons';
import { texts } from '../ui/texts';

/** Builds the login or registration page: the form on one side, a picture on the other. */
export function authLayout(title: string, lead: string, ...children: Child[]): HTMLElement {
  return h(
    'div',
    { class: 'auth' },
    h(
      'div',
      { class: 'auth-side' },
      h('div', { class: 'brand' }, brandMark(), h('span', { class: 'brand-name' }, texts.name)),
      h(
        'div',
        { class: 'auth-box' },
        h('h1', { tabindex: -1 }, title),
        h('p', { class: 'page-lead' }, lead),
        ...children,
      ),
    ),
    h(
      'div',
      { class: 'auth-art', 'aria-hidden': 'true' },
      h('div', { class: 'auth-picture' }),
      h(
        'div',
        { class: 'auth-words' },
        h('p', { class: 'auth-title' }, texts.auth.artTitle),
        h('p', {}, texts.auth.artLead),
      ),
    ),
  );
}

/** Builds the link between login and registration, which keeps the path to return to. */
export function alternateAuthLink(path: string, next: string, question: string, label: string): HTMLElement {
  const href = next === '/' ? path : `${path}?next=${encodeURIComponent(next)}`;
  return h('p', { class: 'auth-other' }, question, ' ', h('a', { href }, label));
}
