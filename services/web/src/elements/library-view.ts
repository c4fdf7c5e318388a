import type { Media } from '#contracts';
import { fill, h, setText } from '../dom';
import { oncePerFrame } from '../gather';
import { libraries, type LibraryList } from '../libraries';
import { countOf, type LibraryFilter } from '../library';
import { live } from '../live';
import { retryMedia } from '../media-actions';
import { confirmRemoval, removed, removeMedia } from '../removals';
import { Selection } from '../selection';
import { stats } from '../stats';
import { texts } from '../texts';
import { filePicker } from './file-picker';
import { emptyState, problemState } from './page-parts';
import { selectByHand } from './select-by-hand';
import { selectionBar } from './selection-bar';

/** Places shown while it is not known how many there will be. */
const unknownCount = 24;

/** A list of the library: the grid, what is selected in it, and what is said when there is nothing to show. */
export class LibraryView {
  readonly #grid = h('virtual-grid');
  readonly #message = h('div', { class: 'library-message' });
  readonly #end = h('p', { class: 'library-end', role: 'status' });
  readonly #selection = new Selection();
  readonly #bar = selectionBar({ remove: () => void this.#remove(this.#selected), retry: () => void this.#retry(), clear: () => this.#selection.clear() });
  readonly element = h('div', { class: 'library' }, this.#grid, this.#message, this.#end, this.#bar.element);
  readonly #signal: AbortSignal;
  #list: LibraryList | undefined;
  #left = new AbortController();
  #shown: readonly Media[] = [];
  readonly #schedule = oncePerFrame(() => this.#signal.aborted || this.#show());
  /** All are meant, also those that are not loaded yet. */
  #selectsAll = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#grid.prepare = (card, { id }) => {
      card.selectable = true;
      card.selected = this.#selection.has(id);
    };
    this.#grid.addEventListener('need', ({ detail }) => void this.#read(detail));
    this.#selection.ids.onChange(() => this.#showSelection(), signal);
    removed.onChange(() => this.#schedule(), signal);
    stats.onChange(() => this.#schedule(), signal);
    live.refetch.on(() => void this.#list?.refresh(this.#grid.needed).catch(() => undefined), signal);
    selectByHand(this.#grid, this.#selection, {
      order: () => this.#shown.map(({ id }) => id),
      selectAll: () => void this.#selectAll(),
      remove: (ids) => void this.#remove(this.#shown.filter(({ id }) => ids.has(id))),
    }, signal);
  }

  /** Shows the list of `filter`, at once as far as it is known. Resolves when it is there down to `scrollY`. */
  async open(filter: LibraryFilter, scrollY = 0): Promise<void> {
    this.#left.abort();
    this.#left = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#left.signal]);
    const list = libraries.open(filter);
    this.#selection.clear();
    this.#list = list;
    list.state.onChange(() => this.#schedule(), signal);
    this.#show();
    try {
      const count = Math.max(1, this.#grid.countUntil(scrollY + innerHeight));
      await (list.stale ? list.refresh(count) : list.readUntil(count));
      if (!signal.aborted) this.#show();
    } catch (error) {
      if (!signal.aborted) this.#say(problemState(error));
    }
  }

  /** Who comes back from looking at one finds its card. */
  showViewed(): void {
    const { viewed } = libraries;
    libraries.viewed = null;
    if (!viewed || !this.#shown.some(({ id }) => id === viewed)) return;
    this.#grid.reveal(viewed);
    this.#grid.focusItem(viewed);
  }

  #show(): void {
    if (!this.#list) return;
    const { items, more, cursor } = this.#list.state.value;
    // Another filter: what was shown stays until there is something to show instead.
    const waits = more && cursor === null && items.length === 0 && this.#shown.length > 0;
    this.element.setAttribute('aria-busy', String(waits));
    if (waits) return;
    const { value: hidden } = removed;
    this.#shown = hidden.size > 0 ? items.filter(({ id }) => !hidden.has(id)) : items;
    if (this.#selectsAll) this.#selection.add(this.#shown.map(({ id }) => id));
    this.#selection.keepOnly(this.#shown.map(({ id }) => id));
    this.#grid.show(this.#shown, more ? this.#expected(this.#list) : this.#shown.length);
    setText(this.#end, more || this.#shown.length === 0 ? '' : texts.library.loaded(this.#shown.length));
    fill(this.#message, more || this.#shown.length > 0 ? null : this.#empty(this.#list.filter));
  }

  /** There is more than what is loaded; how much is known without a filter that only the server understands. */
  #expected({ filter, state }: LibraryList): number {
    const count = countOf(filter, stats.value);
    if (count === null) return this.#shown.length + unknownCount;
    return Math.max(this.#shown.length + 1, count - (state.value.items.length - this.#shown.length));
  }

  async #read(count: number): Promise<void> {
    const list = this.#list;
    if (!list) return;
    const hidden = list.state.value.items.length - this.#shown.length;
    // A refusal is met again, and shown, when the page is opened anew; scrolling on asks again.
    await list.readUntil(count + hidden).catch(() => undefined);
  }

  get #selected(): readonly Media[] {
    return this.#shown.filter(({ id }) => this.#selection.has(id));
  }

  #showSelection(): void {
    const selected = this.#selected;
    if (selected.length === 0) this.#selectsAll = false;
    this.element.toggleAttribute('data-selecting', selected.length > 0);
    this.#bar.show(selected.length, selected.filter(({ failure }) => failure?.retryable).length);
    this.#grid.refresh();
  }

  async #selectAll(): Promise<void> {
    const list = this.#list;
    this.#selectsAll = true;
    this.#show();
    while (list?.state.value.more && this.#selectsAll && !this.#signal.aborted) await this.#read(this.#shown.length + 1);
  }

  /** The focus goes on to what comes after, as in any list. */
  async #remove(media: readonly Media[]): Promise<void> {
    if (!(await confirmRemoval(media.length))) return;
    const ids = new Set(media.map(({ id }) => id));
    const first = this.#shown.findIndex(({ id }) => ids.has(id));
    const remains = ({ id }: Media): boolean => !ids.has(id);
    const next = this.#shown.slice(first).find(remains) ?? this.#shown.slice(0, Math.max(0, first)).findLast(remains);
    this.#selection.clear();
    removeMedia(media);
    this.#show();
    if (next) this.#grid.focusItem(next.id);
  }

  async #retry(): Promise<void> {
    const ids = this.#selected.filter(({ failure }) => failure?.retryable).map(({ id }) => id);
    this.#selection.clear();
    await retryMedia(ids);
  }

  #empty(filter: LibraryFilter): HTMLElement {
    const { order: _, ...narrowing } = filter;
    const filtered = Object.values(narrowing).some(Boolean);
    if (!filtered) return filePicker(texts.library.emptyTitle, texts.library.emptyLead);
    return emptyState('search', texts.library.noMatchTitle, texts.library.noMatchLead, h('a', { class: 'button', href: '/media' }, texts.library.clearFilters));
  }

  #say(message: HTMLElement): void {
    this.#shown = [];
    this.#grid.show([], 0);
    fill(this.#message, message);
  }
}
