import { Store } from '../ui/store';

/** The title of the current page, which the page may change. */
export const pageTitle = new Store('');

export interface PageContext {
  params: Record<string, string>;
  query: URLSearchParams;
  /** Aborts when the page is left, and with it the listeners and requests of the page. */
  signal: AbortSignal;
  /** The scroll position to restore in pixels; null for a new visit. */
  scrollY: number | null;
}

export interface Page {
  title: string;
  content: Node;
  /** Resolves when the first data is shown; restoring the scroll position waits for it. */
  ready?: Promise<unknown>;
  /** Called after the scroll position was restored. */
  restored?: () => void;
}

export type PageBuilder = (context: PageContext) => Page;

/** Returns the parameters when `path` matches `pattern` (`/media/:id`), otherwise null. */
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

/** The state stored with each history entry, for "back" and "forward". */
interface HistoryState {
  scrollY?: number;
  /** The path of the entry one step back, when it is one of ours. */
  from?: string;
}

/** Navigates to a path of this origin. `replace` replaces the history entry. */
export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState({ from: cameFrom() }, '', path);
  else {
    rememberScroll();
    history.pushState({ from: location.pathname + location.search }, '', path);
  }
  globalThis.dispatchEvent(new CustomEvent('snapstream:navigate'));
}

/** Returns the path of the previous history entry, when it is one of ours. */
export function cameFrom(): string | undefined {
  return stateOf(history.state).from;
}

/** Navigates to `path`; goes one step back when that is the previous entry, so that its state is restored. */
export function goBackTo(path: string, options: { replace?: boolean } = {}): void {
  if (cameFrom() === path) history.back();
  else navigate(path, options);
}

/** Changes the address without leaving the page; with `push`, "back" returns to the old address. */
export function changeAddress(path: string, { push = false } = {}): void {
  if (path === location.pathname + location.search) return;
  if (!push) return history.replaceState(history.state, '', path);
  rememberScroll();
  history.pushState({}, '', path);
}

const settledMs = 150;

/** Calls `show` for the current address, and at every followed link, "back" and "forward". */
export function startRouter(show: (url: URL, scrollY: number | null) => void): void {
  history.scrollRestoration = 'manual';
  document.addEventListener('click', followLink);
  globalThis.addEventListener('pagehide', rememberScroll);
  rememberWhileScrolling();
  globalThis.addEventListener('popstate', (event) => show(new URL(location.href), scrollOf(event.state)));
  globalThis.addEventListener('snapstream:navigate', () => show(new URL(location.href), null));
  show(new URL(location.href), scrollOf(history.state));
}

/** Stores the position while scrolling, because `popstate` fires after the address has changed. */
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
