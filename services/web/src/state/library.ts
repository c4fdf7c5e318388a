import type { Media, MediaKind, MediaStats, MediaStatus } from '#contracts';
import { isOlder } from './freshness';

export interface LibraryFilter {
  status: string;
  kind: string;
  q: string;
  /** Something that was recognised in them. */
  label: string;
  /** 'true': only what moderation flagged. */
  flagged: string;
  /** '': newest first; 'asc': oldest first. */
  order: string;
}

export const kinds: readonly MediaKind[] = ['image', 'video', 'audio'];
export const statuses: readonly MediaStatus[] = ['uploaded', 'processing', 'completed', 'failed'];
/** The longest search that the API accepts, in characters. */
export const searchLength = 200;

/** The loaded items of one list, in its order. */
export interface LibraryState {
  readonly items: readonly Media[];
  /** Where the next page begins; null while `more` is true: nothing was read yet. */
  readonly cursor: string | null;
  readonly more: boolean;
}

/** The state of a list before its first page. */
export const unread: LibraryState = { items: [], cursor: null, more: true };

/** Parses the query of an address, which may be typed or old: values that the API would reject are omitted. */
export function filterFrom(query: URLSearchParams): LibraryFilter {
  const oneOf = (name: string, values: readonly string[]): string =>
    values.find((value) => value === query.get(name)) ?? '';
  const q = (query.get('q') ?? '').trim().slice(0, searchLength);
  const label = (query.get('label') ?? '').trim().slice(0, searchLength);
  return {
    status: oneOf('status', statuses),
    kind: oneOf('kind', kinds),
    q,
    label,
    flagged: oneOf('flagged', ['true']),
    order: oneOf('order', ['asc']),
  };
}

/** Returns the query of a filter: only fields that are set, so that the address of the whole library is `/media`. */
export function queryOf(filter: LibraryFilter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
}

/** Returns the path of the page that shows a list. */
export function libraryPath(filter: LibraryFilter): string {
  const query = queryOf(filter).toString();
  return query ? `/media?${query}` : '/media';
}

/** Appends a page, without items that a live event has added already. */
export function appendPage(state: LibraryState, page: { items: Media[]; nextCursor: string | null }): LibraryState {
  const known = new Set(state.items.map(({ id }) => id));
  return {
    items: [...state.items, ...page.items.filter(({ id }) => !known.has(id))],
    cursor: page.nextCursor,
    more: page.nextCursor !== null,
  };
}

/**
 * Applies a live event of one medium: replaces it, removes it when it no longer matches the filter, or inserts it in
 * order. During a search nothing is inserted, because only the server can match it.
 */
export function applyMediaUpdate(state: LibraryState, media: Media, filter: LibraryFilter): LibraryState {
  const known = state.items.find(({ id }) => id === media.id);
  if (known && isOlder(media, known)) return state;
  if (!fits(media, filter)) return known ? removeItem(state, media.id) : state;
  if (known) {
    const fresh = known.matches ? { ...media, matches: known.matches } : media; // events do not repeat the search
    return { ...state, items: state.items.map((item) => (item === known ? fresh : item)) };
  }
  if (filter.q || isBeyondLoaded(state, media, filter)) return state;
  return { ...state, items: [...state.items, media].toSorted((a, b) => (isBefore(a, b, filter) ? -1 : 1)) };
}

/** Removes a medium; returns the same state when it is not loaded. */
export function removeItem(state: LibraryState, id: string): LibraryState {
  return state.items.some((item) => item.id === id)
    ? { ...state, items: state.items.filter((item) => item.id !== id) }
    : state;
}

/** Returns the items before and after one. */
export function neighbours(items: readonly Media[], id: string): { previous: Media | null; next: Media | null } {
  const index = items.findIndex((item) => item.id === id);
  if (index < 0) return { previous: null, next: null };
  return { previous: items[index - 1] ?? null, next: items[index + 1] ?? null };
}

/** Returns the number of items of the whole list; null when the counts of the server do not contain it. */
export function countOf({ status, kind, q, label, flagged }: LibraryFilter, stats: MediaStats | null): number | null {
  if (!stats || kind || q || label || flagged) return null;
  return status ? ((stats as unknown as Record<string, number | undefined>)[status] ?? null) : stats.total;
}

function fits(media: Media, { status, kind, label, flagged }: LibraryFilter): boolean {
  return (
    (!status || media.status === status) &&
    (!kind || media.kind === kind) &&
    (!label || media.labels.includes(label)) &&
    (!flagged || media.flagged)
  );
}

/** Ids sort by creation time. */
function isBefore(a: Media, b: Media, { order }: LibraryFilter): boolean {
  return order === 'asc' ? a.id < b.id : a.id > b.id;
}

/** Returns true for a medium of a page that is not loaded yet. */
function isBeyondLoaded({ items, more }: LibraryState, media: Media, filter: LibraryFilter): boolean {
  const last = items.at(-1);
  return more && (last === undefined || isBefore(last, media, filter));
}
