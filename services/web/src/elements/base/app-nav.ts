import { confirmSignOut, signOut } from '../../actions/sign-out';
import { settlePostponed } from '../../actions/undo';
import { api } from '../../network/api';
import { messageOf } from '../../network/problem';
import { session } from '../../state/session';
import { unread } from '../../state/unread';
import { fill, h, setText } from '../../ui/dom';
import { brandMark, icon, type IconName } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { toast } from '../../ui/toasts';
import { SignalElement } from './signal-element';

const entries: readonly { path: string; label: string; icon: IconName; forAdmins?: true }[] = [
  { path: '/', label: texts.nav.dashboard, icon: 'home' },
  { path: '/media', label: texts.nav.media, icon: 'grid' },
  { path: '/upload', label: texts.nav.upload, icon: 'upload' },
  { path: '/notifications', label: texts.nav.notifications, icon: 'bell' },
  { path: '/profile', label: texts.nav.profile, icon: 'user' },
  { path: '/admin', label: texts.nav.admin, icon: 'screen', forAdmins: true },
];

/** The navigation: a rail at the side; on narrow screens a bar at the top and tabs at the bottom. */
export class AppNav extends SignalElement {
  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'banner');
    const name = h('span', { class: 'nav-account-name', dir: 'auto' });
    fill(
      this,
      h(
        'a',
        { class: 'brand', href: '/', 'aria-label': texts.name },
        brandMark(),
        h('span', { class: 'brand-name' }, texts.name),
      ),
      h('nav', { class: 'nav-links', 'aria-label': texts.nav.label }, ...entries.map((entry) => this.#link(entry))),
      h('storage-meter'),
      h(
        'div',
        { class: 'nav-account' },
        name,
        h(
          'button',
          { class: 'button quiet', type: 'button', onclick: () => void this.#logOut() },
          icon('logOut'),
          h('span', {}, texts.nav.logOut),
        ),
      ),
    );
    session.watch((user) => {
      setText(name, user?.username ?? '');
      for (const link of this.querySelectorAll<HTMLElement>('[data-for-admins]')) link.hidden = user?.role !== 'admin';
    }, signal);
    unread.watch((count) => this.#showUnread(count), signal);
  }

  /** Marks the entry of the page that is shown. */
  set path(path: string) {
    for (const link of this.querySelectorAll<HTMLAnchorElement>('.nav-links a')) {
      const current = link.pathname === '/' ? path === '/' : path.startsWith(link.pathname);
      if (current) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  #link({ path, label, icon: name, forAdmins }: (typeof entries)[number]): HTMLElement {
    const badge = path === '/notifications' ? h('span', { class: 'badge', 'data-unread': '0', hidden: true }) : null;
    return h(
      'a',
      { href: path, class: 'nav-link', 'data-for-admins': forAdmins },
      icon(name),
      h('span', { class: 'nav-label' }, label),
      badge,
    );
  }

  #showUnread(count: number): void {
    const badge = this.querySelector<HTMLElement>('[data-unread]');
    if (!badge) return;
    badge.dataset['unread'] = String(count);
    badge.hidden = count === 0;
    fill(
      badge,
      h('span', { 'aria-hidden': 'true' }, count > 99 ? '99+' : count),
      h('span', { class: 'visually-hidden' }, `, ${texts.nav.unread(count)}`),
    );
  }

  async #logOut(): Promise<void> {
    if (!(await confirmSignOut())) return;
    try {
      await settlePostponed();
      await api.logout();
      signOut();
    } catch (error) {
      toast(messageOf(error), 'bad');
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'app-nav': AppNav;
  }
}
