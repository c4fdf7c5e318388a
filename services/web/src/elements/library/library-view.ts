import type { Media } from '#contracts';
import { retryMedia } from '../../actions/media-actions';
import { confirmRemoval, removeMedia } from '../../actions/removals';
import { live } from '../../network/live';
import { libraries, type LibraryList } from '../../state/libraries';
import { countOf, type LibraryFilter } from '../../state/library';
import { removed } from '../../state/removed';
import { Selection } from '../../state/selection';
import { stats } from '../../state/stats';
import { oncePerFrame } from '../../ui/coalesce';
import { fill, h, setText } from '../../ui/dom';
import { formatMonth } from '../../ui/format';
import { texts } from '../../ui/texts';
import { emptyState, problemState } from '../base/page-parts';
import { filePicker } from '../upload/file-picker';
import { selectionBar } from './selection-bar';
import { connectSelection } from './selection-controller';

/** Placeholders shown while the number of items is unknown. */
const unknownCount = 24;

/** A list of the library: the grid, its selection, and the message of an empty list or a failed read. */
export class LibraryView {
  readonly #grid = h('virtual-grid');
  readonly #message = h('div', { class: 'library-message' });
  readonly #end = h('p', { class: 'library-end', role: 'status' });
  readonly #selection = new Selection();
  readonly #bar = selectionBar({
    remove: () => void this.#remove(this.#selected),
    retry: () => void this.#retry(),
    analyse: () => void this.#analyse(),
    clear: () => this.#selection.clear(),
    selectAll: () => void this.#selectAll(),
  });
  readonly element = h(
    'div',
    { class: 'library' },
    this.#grid.month.element,
    this.#grid,
    this.#message,
    this.#end,
    this.#bar.element,
  );
  readonly #signal: AbortSignal;
  #list: LibraryList | undefined;
  #left = new AbortController();
  #shown: readonly Media[] = [];
  /** The error of the last read; nothing more is read until "Try again". */
  #problem: unknown = null;
  #messageSubject: unknown = null;
  readonly #schedule = oncePerFrame(() => this.#signal.aborted || this.#show());
  /** True after "select all": items that are loaded later are selected, too. */
  #selectsAll = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#grid.prepare = (card, { id }) => {
      card.selectable = true;
      card.selected = this.#selection.has(id);
    };
    this.#grid.addEventListener('need', ({ detail }) => void this.#read(detail));
    this.#grid.addEventListener('month-select', ({ detail }) => void this.#selectMonth(detail));
    this.#selection.ids.onChange(() => this.#showSelection(), signal);
    removed.onChange(() => this.#schedule(), signal);
    stats.onChange(() => this.#schedule(), signal);
    live.refetch.on(() => void this.#load((list) => list.refresh(this.#grid.needed)), signal);
    connectSelection(
      this.#grid,
      this.#selection,
      {
        order: () => this.#shown.map(({ id }) => id),
        selectAll: () => void this.#selectAll(),
        remove: (ids) => void this.#remove(this.#shown.filter(({ id }) => ids.has(id))),
      },
      signal,
    );
  }

  /** Shows the list of `filter`, beginning with the loaded items. Resolves when it is loaded down to `scrollY`. */
  async open(filter: LibraryFilter, scrollY = 0): Promise<void> {
    this.#left.abort();
    this.#left = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#left.signal]);
    const list = libraries.open(filter);
    this.#selection.clear();
    this.#list = list;
    list.state.onChange(() => this.#schedule(), signal);
    this.#problem = null;
    this.#show();
    const count = Math.max(1, this.#grid.countUntil(scrollY + innerHeight));
    await this.#load((opened) => (opened.stale ? opened.refresh(count) : opened.readUntil(count)));
    if (!signal.aborted) this.#show();
  }

  /** Focuses the card of the medium that was viewed last. */
  showViewed(): void {
    const { viewed } = libraries;
    libraries.viewed = null;
    if (!viewed || !this.#shown.some(({ id }) => id === viewed)) return;
    this.#grid.reveal(viewed);
    this.#grid.focusItem(viewed);
  }

  /** Runs `read` on the open list, and shows its error. */
  async #load(read: (list: LibraryList) => Promise<void>): Promise<void> {
    const list = this.#list;
    if (!list) return;
    const problem = await read(list).then(
      () => null,
      (error: unknown) => error,
    );
    if (list !== this.#list || this.#signal.aborted || problem === this.#problem) return;
    this.#problem = problem;
    this.#show();
  }

  async #tryAgain(): Promise<void> {
    const known = this.#shown.length;
    this.#problem = null;
    this.#show();
    await this.#load((list) => {
      const count = list.state.value.items.length + 1;
      return list.stale ? list.refresh(count) : list.readUntil(count);
    });
    this.#show();
    // The focused button was removed.
    if (this.#problem) this.#message.querySelector('button')?.focus();
    else this.#grid.focusItem(this.#shown[known]?.id ?? '');
  }

  #show(): void {
    if (!this.#list) return;
    const { items, cursor } = this.#list.state.value;
    const more = this.#list.state.value.more && !this.#problem;
    // After a change of the filter the old items stay until the new ones are read.
    const waits = more && cursor === null && items.length === 0 && this.#shown.length > 0;
    this.element.setAttribute('aria-busy', String(waits));
    if (waits) return;
    const { value: hidden } = removed;
    this.#shown = hidden.size > 0 ? items.filter(({ id }) => !hidden.has(id)) : items;
    if (this.#selectsAll) this.#selection.add(this.#shown.map(({ id }) => id));
    this.#selection.keepOnly(this.#shown.map(({ id }) => id));
    this.#grid.show(this.#shown, more ? this.#expected(this.#list) : this.#shown.length);
    const isWhole = !more && !this.#problem && this.#shown.length > 0;
    setText(this.#end, isWhole ? texts.library.loaded(this.#shown.length) : '');
    this.#showMessage(this.#list.filter, !more && this.#shown.length === 0);
  }

  /** Replaces the message only when its subject changes, so that it keeps the focus and is announced once. */
  #showMessage(filter: LibraryFilter, isEmpty: boolean): void {
    const subject = this.#problem ?? (isEmpty ? filter : null);
    if (subject === this.#messageSubject) return;
    this.#messageSubject = subject;
    if (this.#problem)
      fill(
        this.#message,
        problemState(this.#problem, () => void this.#tryAgain()),
      );
    else fill(this.#message, isEmpty && this.#empty(filter));
  }

  /** Returns the expected number of items; it is a guess when the filter needs the server to count. */
  #expected({ filter, state }: LibraryList): number {
    const count = countOf(filter, stats.value);
    if (count === null) return this.#shown.length + unknownCount;
    return Math.max(this.#shown.length + 1, count - (state.value.items.length - this.#shown.length));
  }

  async #read(count: number): Promise<void> {
    if (this.#problem) return;
    await this.#load((list) => list.readUntil(count + list.state.value.items.length - this.#shown.length));
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
    const continues = (): boolean => this.#selectsAll && !this.#problem && !this.#signal.aborted;
    while (list?.state.value.more && continues()) await this.#read(this.#shown.length + 1);
  }

  /** Selects the items of a month, and reads it to its end. */
  async #selectMonth(month: string): Promise<void> {
    const list = this.#list;
    const isOfMonth = ({ createdAt }: Media): boolean => formatMonth(createdAt) === month;
    const continues = (): boolean => {
      const last = this.#shown.at(-1);
      return list === this.#list && !this.#problem && !this.#signal.aborted && last !== undefined && isOfMonth(last);
    };
    while (list?.state.value.more && continues()) {
      await this.#read(this.#shown.length + 1);
      this.#show();
    }
    this.#selection.add(this.#shown.filter(isOfMonth).map(({ id }) => id));
  }

  /** Deletes media, and focuses the next remaining card. */
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

  /** The code of the dialog is loaded when it is opened. */
  async #analyse(): Promise<void> {
    const { askToAnalyse } = await import('../analysis/analyse-dialog');
    await askToAnalyse(this.#selected.filter(({ status }) => status === 'completed'));
  }

  #empty(filter: LibraryFilter): HTMLElement {
    const { order: _, ...narrowing } = filter;
    const filtered = Object.values(narrowing).some(Boolean);
    if (!filtered) return filePicker(this.#signal, texts.library.emptyTitle, texts.library.emptyLead);
    return emptyState(
      'search',
      texts.library.noMatchTitle,
      texts.library.noMatchLead,
      h('a', { class: 'button', href: '/media' }, texts.library.clearFilters),
    );
  }
}
