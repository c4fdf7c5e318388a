import { Store } from './store';

/** What the page that is shown is called; a page may change it when it knows better. */
export const pageTitle = new Store('');

export interface PageContext {
  params: Record<string, string>;
  query: URLSearchParams;
  /** Aborts when the page is left: listeners and requests of the page hang on it. */
  signal: AbortSignal;
}

export interface Page {
  title: string;
  content: Node;
  /** Filled by the page once its first data is in place; scrolling back waits for it. */
  ready?: Promise<unknown>;
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

/** Goes to an own path. `replace` leaves no entry to come back to. */
export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState({ scrollY: 0 }, '', path);
  else {
    rememberScroll();
    history.pushState({ scrollY: 0 }, '', path);
  }
  globalThis.dispatchEvent(new CustomEvent('snapstream:navigate', { detail: { scrollY: 0 } }));
}

/** Changes the query of the current page without leaving it. */
export function replaceQuery(query: URLSearchParams): void {
  const text = query.toString();
  history.replaceState(history.state, '', `${location.pathname}${text && `?${text}`}`);
}

/** Calls `show` for the current address, for every link that is followed and for back and forward. */
export function startRouter(show: (url: URL, scrollY: number) => void): void {
  history.scrollRestoration = 'manual';
  document.addEventListener('click', followLink);
  globalThis.addEventListener('pagehide', rememberScroll);
  globalThis.addEventListener('popstate', (event) => show(new URL(location.href), scrollOf(event.state)));
  globalThis.addEventListener('snapstream:navigate', () => show(new URL(location.href), 0));
  show(new URL(location.href), scrollOf(history.state));
}

function rememberScroll(): void {
  history.replaceState({ scrollY: globalThis.scrollY }, '');
}

function scrollOf(state: unknown): number {
  return (state as { scrollY?: number } | null)?.scrollY ?? 0;
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
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
