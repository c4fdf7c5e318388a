import { Store } from '../ui/store';

/** What the page that is shown is called; a page may change it when it knows better. */
export const pageTitle = new Store('');

export interface PageContext {
  params: Record<string, string>;
  query: URLSearchParams;
  /** Aborts when the page is left: listeners and requests of the page hang on it. */
  signal: AbortSignal;
  /** How far down one was when one left it; null: one did not come back. */
  scrollY: number | null;
}

export interface Page {
  title: string;
  content: Node;
  /** Filled by the page once its first data is in place; scrolling back waits for it. */
  ready?: Promise<unknown>;
  /** Called when one came back and the page was scrolled to where one was. */
  restored?: () => void;
}

export type PageBuilder = (context: PageContext) => Page;

/** The parameters when `path` matches `pattern` (`/media/:id`), else null. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = segments(pattern);
  const given = segments(path);
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decode(value);
    else if (part !== value) return null;
  }
  return params;
}

/** What a page leaves in the history, to be found again by "back" and "forward". */
interface HistoryState {
  scrollY?: number;
  /** Where one came from, when that is one step back. */
  from?: string;
}

/** Goes to an own path. `replace` leaves no entry to come back to. */
export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState({ from: cameFrom() }, '', path);
  else {
    rememberScroll();
    history.pushState({ from: location.pathname + location.search }, '', path);
  }
  globalThis.dispatchEvent(new CustomEvent('snapstream:navigate'));
}

/** Where one step back leads, when that is a page of ours. */
export function cameFrom(): string | undefined {
  return stateOf(history.state).from;
}

/** Goes to `path`; one step back when one came from there, so that it is as one left it. */
export function goBackTo(path: string, options: { replace?: boolean } = {}): void {
  if (cameFrom() === path) history.back();
  else navigate(path, options);
}

/** Changes the address of the page that is shown without leaving it; with `push` "back" leads to what it was. */
export function changeAddress(path: string, { push = false } = {}): void {
  if (path === location.pathname + location.search) return;
  if (!push) return history.replaceState(history.state, '', path);
  rememberScroll();
  history.pushState({}, '', path);
}

const settledMs = 150;

/** Calls `show` for the current address, for every link that is followed and for back and forward. */
export function startRouter(show: (url: URL, scrollY: number | null) => void): void {
  history.scrollRestoration = 'manual';
  document.addEventListener('click', followLink);
  globalThis.addEventListener('pagehide', rememberScroll);
  rememberWhileScrolling();
  globalThis.addEventListener('popstate', (event) => show(new URL(location.href), scrollOf(event.state)));
  globalThis.addEventListener('snapstream:navigate', () => show(new URL(location.href), null));
  show(new URL(location.href), scrollOf(history.state));
}

/** "Back" tells too late that a page is left; by then the address is another one. */
function rememberWhileScrolling(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(rememberScroll, settledMs);
  };
  globalThis.addEventListener('scroll', wait, { passive: true });
  globalThis.addEventListener('popstate', () => clearTimeout(timer));
}

function rememberScroll(): void {
  history.replaceState({ ...stateOf(history.state), scrollY: globalThis.scrollY }, '');
}

function scrollOf(state: unknown): number | null {
  return stateOf(state).scrollY ?? null;
}

function stateOf(state: unknown): HistoryState {
  return (state ?? {}) as HistoryState;
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element).closest('a');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/api/')) return;
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}

function segments(path: string): string[] {
  return path.split('/').filter(Boolean);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
