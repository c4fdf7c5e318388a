import type { Media } from '#contracts';
import { isOlder } from './freshness';

export interface LibraryFilter {
  status: string;
  kind: string;
  q: string;
}

/** What the library page has loaded so far, newest first. */
export interface LibraryState {
  readonly key: string;
  readonly items: readonly Media[];
  readonly nextCursor: string | null;
}

export function filterFrom(query: URLSearchParams): LibraryFilter {
  return { status: query.get('status') ?? '', kind: query.get('kind') ?? '', q: query.get('q') ?? '' };
}

/** Only what is set, so that the address of the whole library stays `/media`. */
export function queryOf(filter: LibraryFilter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
}

/** The next page; an item that came live meanwhile is not there twice. */
export function appendPage(state: LibraryState, page: { items: Media[]; nextCursor: string | null }): LibraryState {
  const known = new Set(state.items.map(({ id }) => id));
  return { ...state, items: [...state.items, ...page.items.filter(({ id }) => !known.has(id))], nextCursor: page.nextCursor };
}

/**
 * News about one medium. What no longer fits the filter goes; what is new comes in at its place, unless a search
 * is on: whether it matches only the server knows.
 */
export function applyNews(state: LibraryState, media: Media, filter: LibraryFilter): LibraryState {
  const known = state.items.find(({ id }) => id === media.id);
  if (known && isOlder(media, known)) return state;
  if (!fits(media, filter)) return known ? removeItem(state, media.id) : state;
  if (known) return replaceItem(state, media);
  if (filter.q || isBeyondLoaded(state, media)) return state;
  return { ...state, items: [...state.items, media].toSorted((a, b) => (a.id < b.id ? 1 : -1)) };
}

/** Newer facts about an item that is there. */
export function replaceItem(state: LibraryState, media: Media): LibraryState {
  return { ...state, items: state.items.map((item) => (item.id === media.id && !isOlder(media, item) ? media : item)) };
}

export function removeItem(state: LibraryState, id: string): LibraryState {
  return { ...state, items: state.items.filter((item) => item.id !== id) };
}

/** The items before and after one, for going from detail to detail. */
export function neighbours(state: LibraryState | null, id: string): { previous: Media | null; next: Media | null } {
  const index = state?.items.findIndex((item) => item.id === id) ?? -1;
  if (!state || index < 0) return { previous: null, next: null };
  return { previous: state.items[index - 1] ?? null, next: state.items[index + 1] ?? null };
}

function fits(media: Media, { status, kind }: LibraryFilter): boolean {
  return (!status || media.status === status) && (!kind || media.kind === kind);
}

/** It belongs on a page that is not loaded yet and will come with it. */
function isBeyondLoaded({ items, nextCursor }: LibraryState, media: Media): boolean {
  const oldest = items.at(-1);
  return nextCursor !== null && oldest !== undefined && media.id < oldest.id;
}
