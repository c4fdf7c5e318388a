import type { User } from '#contracts';
import { pageCloses } from './actions/id-batches';
import { connectClearedNotes } from './actions/note-actions';
import { connectRemovals } from './actions/removals';
import { settlePostponed, undoByKey } from './actions/undo';
import { onHelpKey } from './elements/base/key-help';
import { problemState } from './elements/base/page-parts';
import { updateTimes } from './elements/base/time-ago';
import { keepPageOnDrop } from './elements/upload/drop-overlay';
import { startLive, stopLive } from './network/live';
import { NetworkProblem } from './network/problem';
import { startReconnecting } from './network/reconnect';
import { dashboardPage } from './pages/dashboard';
import type { laterPages } from './pages/later';
import { loginPage } from './pages/login';
import { mediaDetailPage } from './pages/media-detail';
import { mediaListPage } from './pages/media-list';
import { loginPath, safeNextPath } from './pages/next-path';
import { notFoundPage } from './pages/not-found';
import { notificationsPage } from './pages/notifications';
import { registerPage } from './pages/register';
import { uploadPage } from './pages/upload';
import { libraries } from './state/libraries';
import { matchPath, navigate, pageTitle, type Page, type PageBuilder } from './state/router';
import { session } from './state/session';
import { connectStats } from './state/stats';
import { connectUnread, unread } from './state/unread';
import { fill, h } from './ui/dom';
import { markFavicon } from './ui/favicon';
import { texts } from './ui/texts';
import { uploads } from './upload/uploads';

interface Route {
  pattern: string;
  name: string;
  /** The name of a page of `pages/later.ts`, or what builds the page. */
  build: PageBuilder | keyof typeof laterPages;
  /** Shown without a session: only then, or also. */
  guest?: 'only' | 'also';
}

const notFound: Route = { pattern: '', name: 'not-found', build: notFoundPage, guest: 'also' };

const routes: readonly Route[] = [
  { pattern: '/login', name: 'login', build: loginPage, guest: 'only' },
  { pattern: '/register', name: 'register', build: registerPage, guest: 'only' },
  { pattern: '/forgot-password', name: 'forgot-password', build: 'forgotPassword', guest: 'also' },
  { pattern: '/reset-password', name: 'reset-password', build: 'resetPassword', guest: 'also' },
  { pattern: '/confirm-email', name: 'confirm-email', build: 'confirmEmail', guest: 'also' },
  { pattern: '/', name: 'dashboard', build: dashboardPage },
  { pattern: '/upload', name: 'upload', build: uploadPage },
  { pattern: '/media', name: 'media', build: mediaListPage },
  { pattern: '/media/:id', name: 'detail', build: mediaDetailPage },
  { pattern: '/notifications', name: 'notifications', build: notificationsPage },
  { pattern: '/profile', name: 'profile', build: 'profile' },
  { pattern: '/admin', name: 'admin', build: 'adminOverview' },
  { pattern: '/admin/users', name: 'admin', build: 'adminUsers' },
  { pattern: '/admin/media', name: 'admin', build: 'adminMedia' },
  { pattern: '/admin/queues', name: 'admin', build: 'adminQueues' },
  { pattern: '/admin/audit', name: 'admin', build: 'adminAudit' },
];

const forever = new AbortController().signal;
const outlet = h('div', { id: 'outlet' });
const main = h('main', { id: 'content', tabindex: -1 }, outlet);
let leavePage = new AbortController();
let signedIn: AbortController | undefined;

/** Adds the frame of the application to the body, and updates it with the session. */
export function startApp(): void {
  const skip = h('a', { class: 'skip-link', href: '#content', onclick: skipToContent }, texts.skipToContent);
  document.body.append(skip, h('connection-banner'), main, h('toast-region'));
  startReconnecting(forever);
  updateTimes();
  session.onChange((user) => changeUser(user), forever);
  unread.onChange(() => showTitle(), forever);
  unread.watch((count) => markFavicon(count > 0), forever);
  globalThis.addEventListener('pagehide', () => {
    void settlePostponed();
    pageCloses.emit();
  });
  document.addEventListener('keydown', undoByKey);
  document.addEventListener('keydown', onHelpKey);
  for (const name of ['dragover', 'drop'] as const) document.addEventListener(name, keepPageOnDrop);
  pageTitle.onChange(() => showTitle(), forever);
}

/** Moves the focus without following the link, which would add a history entry. */
function skipToContent(event: Event): void {
  event.preventDefault();
  main.focus();
}

/** Shows the page of `url`, or redirects to or from the login page, depending on the session. */
export function showPage(url: URL, scrollY: number | null): void {
  const found = findRoute(url.pathname);
  const user = session.value;
  if (!user && !found.route.guest) return navigate(loginPath(url.pathname + url.search), { replace: true });
  if (user && found.route.guest === 'only')
    return navigate(safeNextPath(url.searchParams.get('next')), { replace: true });
  leavePage.abort();
  leavePage = new AbortController();
  const { signal } = leavePage;
  const { build, name } = found.route;
  const show = (builder: PageBuilder): void => {
    if (signal.aborted) return;
    const page = builder({ params: found.params, query: url.searchParams, signal, scrollY });
    document.body.dataset['page'] = name;
    fill(outlet, page.content);
    pageTitle.set(page.title);
    const nav = document.querySelector('app-nav');
    if (nav) nav.path = url.pathname;
    settle(page, scrollY, signal);
  };
  if (typeof build !== 'string') return show(build);
  void import('./pages/later').then(
    (pages) => show(pages.laterPages[build]),
    () => show(unloadedPage),
  );
}

/** Shown when the code of a page cannot be loaded: without a connection, or after an update of the server. */
const unloadedPage: PageBuilder = () => ({ title: texts.name, content: problemState(new NetworkProblem()) });

/** Focuses the heading, which screen readers then announce, and restores the scroll position after "back". */
function settle({ ready, restored }: Page, scrollY: number | null, signal: AbortSignal): void {
  const field = outlet.querySelector<HTMLElement>('.auth input');
  (field ?? outlet.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: true });
  globalThis.scrollTo({ top: scrollY ?? 0, behavior: 'instant' });
  if (scrollY === null) return;
  void ready?.then(() => {
    if (signal.aborted) return;
    globalThis.scrollTo({ top: scrollY, behavior: 'instant' });
    restored?.();
  });
}

function findRoute(path: string): { route: Route; params: Record<string, string> } {
  for (const route of routes) {
    const params = matchPath(route.pattern, path);
    if (params) return { route, params };
  }
  return { route: notFound, params: {} };
}

function changeUser(user: User | null): void {
  const wasSignedIn = signedIn !== undefined;
  if (user && !wasSignedIn) enter();
  if (!user && wasSignedIn) leave();
  // The router shows the first page; a changed username does not change the page.
  if (Boolean(user) !== wasSignedIn && pageTitle.value) showPage(new URL(location.href), null);
}

function enter(): void {
  signedIn = new AbortController();
  const { signal } = signedIn;
  document.body.dataset['session'] = 'member';
  main.before(h('app-nav'));
  main.append(h('upload-tray'));
  document.body.append(h('drop-overlay'));
  uploads.connect(signal);
  libraries.connect(signal);
  connectStats(signal);
  connectUnread(signal);
  connectRemovals(signal);
  connectClearedNotes(signal);
  startLive();
}

function leave(): void {
  signedIn?.abort();
  signedIn = undefined;
  stopLive();
  uploads.clear();
  delete document.body.dataset['session'];
  for (const part of document.querySelectorAll('app-nav, upload-tray, drop-overlay, dialog')) part.remove();
}

function showTitle(): void {
  const count = unread.value > 0 ? `(${unread.value}) ` : '';
  document.title = `${count}${pageTitle.value} · ${texts.name}`;
}
