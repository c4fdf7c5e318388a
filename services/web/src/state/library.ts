import type { Media, MediaKind, MediaStats, MediaStatus } from '#contracts';
import { isOlder } from './freshness';

export interface LibraryFilter {
  status: string;
  kind: string;
  q: string;
  /** '': newest first; 'asc': oldest first. */
  order: string;
}

export const kinds: readonly MediaKind[] = ['image', 'video', 'audio'];
export const statuses: readonly MediaStatus[] = ['uploaded', 'processing', 'completed', 'failed'];
/** Characters of a search that the API takes. */
export const searchLength = 200;

/** What is loaded of one list so far, in its order. */
export interface LibraryState {
  readonly items: readonly Media[];
  /** Where the next page goes on; null with `more`: nothing was read yet. */
  readonly cursor: string | null;
  readonly more: boolean;
}

export const unread: LibraryState = { items: [], cursor: null, more: true };

/** Of an address that somebody typed or kept: what the API would refuse is left out. */
export function filterFrom(query: URLSearchParams): LibraryFilter {
  const oneOf = (name: string, values: readonly string[]): string =>
    values.find((value) => value === query.get(name)) ?? '';
  const q = (query.get('q') ?? '').trim().slice(0, searchLength);
  return { status: oneOf('status', statuses), kind: oneOf('kind', kinds), q, order: oneOf('order', ['asc']) };
}

/** Only what is set, so that the address of the whole library stays `/media`. */
export function queryOf(filter: LibraryFilter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
}

/** Where a list is shown. */
export function libraryPath(filter: LibraryFilter): string {
  const query = queryOf(filter).toString();
  return query ? `/media?${query}` : '/media';
}

/** The next page; an item that came live meanwhile is not there twice. */
export function appendPage(state: LibraryState, page: { items: Media[]; nextCursor: string | null }): LibraryState {
  const known = new Set(state.items.map(({ id }) => id));
  return {
    items: [...state.items, ...page.items.filter(({ id }) => !known.has(id))],
    cursor: page.nextCursor,
    more: page.nextCursor !== null,
  };
}

/**
 * News about one medium. What no longer fits the filter goes; what is new comes in at its place, unless a search
 * is on: whether it matches only the server knows.
 */
export function applyMediaUpdate(state: LibraryState, media: Media, filter: LibraryFilter): LibraryState {
  const known = state.items.find(({ id }) => id === media.id);
  if (known && isOlder(media, known)) return state;
  if (!fits(media, filter)) return known ? removeItem(state, media.id) : state;
  if (known) return { ...state, items: state.items.map((item) => (item === known ? media : item)) };
  if (filter.q || isBeyondLoaded(state, media, filter)) return state;
  return { ...state, items: [...state.items, media].toSorted((a, b) => (isBefore(a, b, filter) ? -1 : 1)) };
}

export function removeItem(state: LibraryState, id: string): LibraryState {
  return state.items.some((item) => item.id === id)
    ? { ...state, items: state.items.filter((item) => item.id !== id) }
    : state;
}

/** The items before and after one, for going from detail to detail. */
export function neighbours(items: readonly Media[], id: string): { previous: Media | null; next: Media | null } {
  const index = items.findIndex((item) => item.id === id);
  if (index < 0) return { previous: null, next: null };
  return { previous: items[index - 1] ?? null, next: items[index + 1] ?? null };
}

/** How many items the whole list has; null: only the server could tell. */
export function countOf({ status, kind, q }: LibraryFilter, stats: MediaStats | null): number | null {
  if (!stats || kind || q) return null;
  return status ? ((stats as unknown as Record<string, number | undefined>)[status] ?? null) : stats.total;
}

function fits(media: Media, { status, kind }: LibraryFilter): boolean {
  return (!status || media.status === status) && (!kind || media.kind === kind);
}

/** Ids sort by the moment they were made. */
function isBefore(a: Media, b: Media, { order }: LibraryFilter): boolean {
  return order === 'asc' ? a.id < b.id : a.id > b.id;
}

/** It belongs on a page that is not loaded yet and will come with it. */
function isBeyondLoaded({ items, more }: LibraryState, media: Media, filter: LibraryFilter): boolean {
  const last = items.at(-1);
  return more && (last === undefined || isBefore(last, media, filter));
}
