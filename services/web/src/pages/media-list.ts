import { api } from '../api';
import { fill, fragment, h, setText } from '../dom';
import { filePicker } from '../elements/file-picker';
import { libraryToolbar } from '../elements/library-toolbar';
import type { MediaCard } from '../elements/media-card';
import { emptyState, pageHead, problemState, skeletonCards } from '../elements/page-parts';
import { formatMonth } from '../format';
import { icon } from '../icons';
import { appendPage, applyNews, filterFrom, queryOf, removeItem, type LibraryFilter, type LibraryState } from '../library';
import { lastLibrary } from '../library-cache';
import { live } from '../live';
import { load } from '../load';
import { replaceQuery, type Page, type PageContext } from '../router';
import { texts } from '../texts';

const pageSize = 40;
/** How far below the window the next page is asked for already. */
const aheadPx = '1200px';

export function mediaListPage({ query, signal }: PageContext): Page {
  const view = new LibraryView(filterFrom(query), signal);
  const content = fragment(
    pageHead(texts.library.title, null, h('a', { class: 'button primary', href: '/upload' }, icon('upload'), texts.dashboard.add)),
    libraryToolbar(filterFrom(query), (filter) => {
      replaceQuery(queryOf(filter));
      void view.open(filter);
    }),
    view.element,
  );
  return { title: texts.library.title, content, ready: view.open(filterFrom(query)) };
}

class LibraryView {
  readonly #grid = h('div', { class: 'grid library-grid' });
  readonly #more = h('button', { type: 'button', class: 'button', hidden: true, onclick: () => void this.#readMore() }, texts.loadMore);
  readonly #end = h('p', { class: 'library-end', role: 'status' });
  readonly element = h('div', { class: 'library' }, this.#grid, h('div', { class: 'library-foot' }, this.#more, this.#end));
  readonly #cards = new Map<string, MediaCard>();
  readonly #signal: AbortSignal;
  #filter: LibraryFilter;
  #state: LibraryState = { key: '', items: [], nextCursor: null };
  #reading = new AbortController();
  #loadingMore = false;

  constructor(filter: LibraryFilter, signal: AbortSignal) {
    this.#filter = filter;
    this.#signal = signal;
    live.media.on((media) => this.#change(applyNews(this.#state, media, this.#filter)), signal);
    live.mediaDeleted.on((id) => this.#change(removeItem(this.#state, id)), signal);
    live.refetch.on(() => void this.#readFirst(), signal);
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && void this.#readMore(), { rootMargin: aheadPx });
    observer.observe(this.#more);
    signal.addEventListener('abort', () => observer.disconnect(), { once: true });
  }

  async open(filter: LibraryFilter): Promise<void> {
    this.#filter = filter;
    const known = lastLibrary.value;
    if (known?.key === queryOf(filter).toString()) this.#show(known);
    else if (this.#grid.childElementCount === 0) fill(this.#grid, ...skeletonCards(12));
    await this.#readFirst();
  }

  /** Reads as many as are shown, so that a fresh look does not fold the page up under the reader. */
  async #readFirst(): Promise<void> {
    this.#reading.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#reading.signal]);
    const key = queryOf(this.#filter).toString();
    const shown = this.#state.key === key ? this.#state.items.length : 0;
    try {
      let state: LibraryState = { key, items: [], nextCursor: null };
      do {
        const query = { ...this.#filter, limit: pageSize, ...(state.nextCursor ? { cursor: state.nextCursor } : {}) };
        state = appendPage(state, await load(() => api.media(query, signal), signal));
      } while (state.nextCursor && state.items.length < shown);
      this.#show(state);
    } catch (error) {
      if (!signal.aborted) fill(this.#grid, problemState(error));
    }
  }

  async #readMore(): Promise<void> {
    const { nextCursor, key } = this.#state;
    if (!nextCursor || this.#loadingMore) return;
    this.#loadingMore = true;
    const { signal } = this.#reading;
    try {
      const page = await load(() => api.media({ ...this.#filter, limit: pageSize, cursor: nextCursor }, signal), AbortSignal.any([signal, this.#signal]));
      if (this.#state.key === key) this.#show(appendPage(this.#state, page));
    } catch {
      // Left, or filtered anew meanwhile; a refusal leaves the button to try again.
    } finally {
      this.#loadingMore = false;
    }
  }

  #change(state: LibraryState): void {
    if (state !== this.#state) this.#show(state);
  }

  #show(state: LibraryState): void {
    this.#state = state;
    lastLibrary.set(state);
    this.#more.hidden = state.nextCursor === null;
    setText(this.#end, state.nextCursor === null && state.items.length > 0 ? texts.library.loaded(state.items.length) : '');
    if (state.items.length === 0 && state.nextCursor === null) return fill(this.#grid, this.#empty());
    this.#arrange(this.#cells(state));
  }

  /** Cards with a heading over each month. */
  #cells(state: LibraryState): HTMLElement[] {
    const cells: HTMLElement[] = [];
    let month = '';
    for (const media of state.items) {
      const current = formatMonth(media.createdAt);
      if (current !== month) cells.push(this.#heading(current));
      month = current;
      const card = this.#cards.get(media.id) ?? h('media-card');
      if (card.media !== media) card.media = media;
      this.#cards.set(media.id, card);
      cells.push(card);
    }
    return cells;
  }

  #heading(month: string): HTMLElement {
    const known = [...this.#grid.querySelectorAll<HTMLElement>('.month')].find(({ textContent }) => textContent === month);
    return known ?? h('h2', { class: 'month grid-wide' }, month);
  }

  /** Moves only what is not in its place: the rest keeps focus, hover and loaded pictures. */
  #arrange(cells: HTMLElement[]): void {
    const wanted = new Set<Element>(cells);
    for (const child of this.#grid.querySelectorAll(':scope > *')) if (!wanted.has(child)) child.remove();
    for (const [index, cell] of cells.entries()) {
      const there = this.#grid.children[index];
      if (there !== cell) this.#grid.insertBefore(cell, there ?? null);
    }
  }

  #empty(): HTMLElement {
    const filtered = queryOf(this.#filter).size > 0;
    const content = filtered
      ? emptyState('search', texts.library.noMatchTitle, texts.library.noMatchLead, h('a', { class: 'button', href: '/media' }, texts.library.clearFilters))
      : filePicker(texts.library.emptyTitle, texts.library.emptyLead);
    return h('div', { class: 'grid-wide' }, content);
  }
}
