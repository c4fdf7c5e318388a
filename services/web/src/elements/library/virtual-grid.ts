import type { Media } from '#contracts';
import { oncePerFrame } from '../../ui/coalesce';
import { h } from '../../ui/dom';
import { formatMonth } from '../../ui/format';
import {
  itemBeside,
  layOut,
  measuresFor,
  rowOf,
  rowsBetween,
  type GridLayout,
  type GridRow,
} from '../../ui/grid-layout';
import { SignalElement } from '../base/signal-element';
import type { MediaCard } from './media-card';
import { CurrentMonth, monthHeading } from './month-heading';

/** Cards are built up to this distance beyond the window. */
const aheadPx = 700;
/** Items are loaded up to this number of windows ahead. */
const windowsAhead = 3;
/** Space for the bars at the edges of the window. */
const edgePx = 104;

/**
 * The cards of a library of any size: only those near the window are in the page. Call `show`; fires `need` (the number
 * of items that should be loaded) when the user scrolls towards items that are not loaded.
 */
export class VirtualGrid extends SignalElement {
  /** Called for each card that is built or may have changed. */
  prepare: (card: MediaCard, media: Media) => void = () => undefined;
  /** Shows where one is in the list; belongs before the grid. */
  readonly month = new CurrentMonth();
  #items: readonly Media[] = [];
  #expected = 0;
  #layout: GridLayout = layOut([], 0, measuresFor(0, 16));
  #width = 0;
  #cells = new Map<string, HTMLElement>();
  readonly #schedule = oncePerFrame(() => this.#render());

  protected connected(signal: AbortSignal): void {
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this);
    signal.addEventListener('abort', () => observer.disconnect(), { once: true });
    globalThis.addEventListener('scroll', () => this.#schedule(), { signal, passive: true });
    globalThis.addEventListener('resize', () => this.#schedule(), { signal });
    globalThis.addEventListener('beforeprint', () => this.#render(Infinity), { signal });
    globalThis.addEventListener('afterprint', () => this.#render(), { signal });
    this.#resize();
  }

  /** Shows the loaded items, in their order, of `expected` in all. Visible cards keep their position. */
  show(items: readonly Media[], expected: number): void {
    this.#keepPlace(() => {
      this.#items = items;
      this.#expected = expected;
      this.#arrange();
    });
  }

  /** Updates the cards that are in the page. */
  refresh(): void {
    this.#render();
  }

  /** Returns the number of items that fill the page down to `bottomPx`. */
  countUntil(bottomPx: number): number {
    const { columns, cellHeight, rowGap } = this.#layout.measures;
    return Math.ceil(bottomPx / (cellHeight + rowGap)) * columns;
  }

  /** The number of items that should be loaded at the current scroll position. */
  get needed(): number {
    return this.#neededAt(globalThis.scrollY, innerHeight);
  }

  #neededAt(scrollY: number, windowHeight: number): number {
    const bottom = scrollY + windowHeight * (1 + windowsAhead);
    return Math.max(
      this.countUntil(windowHeight * 2),
      rowsBetween(this.#layout, 0, bottom).at(-1)?.to ?? 0,
      this.#layout.height < bottom ? this.#items.length + 1 : 0,
    );
  }

  /** Returns the index to which an arrow key moves. */
  beside(index: number, key: string): number {
    return Math.max(0, Math.min(this.#items.length - 1, itemBeside(this.#layout, index, key)));
  }

  /** Scrolls an item into the window, unless it is visible. */
  reveal(id: string): void {
    const row = rowOf(
      this.#layout,
      this.#items.findIndex((item) => item.id === id),
    );
    if (!row) return;
    const top = this.getBoundingClientRect().top + row.top;
    if (top < edgePx) globalThis.scrollBy({ top: top - edgePx, behavior: 'instant' });
    else if (top + row.height > innerHeight - edgePx)
      globalThis.scrollBy({ top: top + row.height - innerHeight + edgePx, behavior: 'instant' });
    this.#render();
  }

  /** Focuses the card of an item, if it is in the page. */
  focusItem(id: string): void {
    this.#cells.get(id)?.querySelector<HTMLElement>('.card-link')?.focus({ preventScroll: true });
  }

  #resize(): void {
    if (this.clientWidth === 0 || this.clientWidth === this.#width) return;
    this.#keepPlace(() => {
      this.#width = this.clientWidth;
      this.#arrange();
    });
  }

  #arrange(): void {
    if (this.#width === 0) return;
    this.#layout = layOut(
      this.#items,
      this.#expected,
      measuresFor(this.#width, Number.parseFloat(getComputedStyle(document.documentElement).fontSize)),
    );
    this.style.setProperty('height', `${this.#layout.height}px`);
    this.style.setProperty('--cell-width', `${this.#layout.measures.cellWidth}px`);
    this.style.setProperty('--cell-height', `${this.#layout.measures.cellHeight}px`);
    this.#render();
  }

  /** Keeps the position of the first visible card, except at the top, where new items should be visible. */
  #keepPlace(change: () => void): void {
    const before = this.#firstInSight();
    change();
    const row =
      before &&
      rowOf(
        this.#layout,
        this.#items.findIndex(({ id }) => id === before.id),
      );
    if (!row) return;
    const shift = row.top - before.top;
    if (shift !== 0) globalThis.scrollBy({ top: shift, behavior: 'instant' });
    if (shift !== 0) this.#render();
  }

  #firstInSight(): { id: string; top: number } | null {
    const { top } = this.getBoundingClientRect();
    if (!this.isConnected || top >= 0) return null;
    const row = rowsBetween(this.#layout, -top, -top + innerHeight).find(({ kind }) => kind === 'cells');
    const item = row && this.#items[row.from];
    return item ? { id: item.id, top: row.top } : null;
  }

  #render(ahead = aheadPx): void {
    if (this.#width === 0 || !this.isConnected) return;
    // All positions are read before the first change, because reading them afterwards would force a layout.
    const { top } = this.getBoundingClientRect();
    const [scrolled, windowHeight] = [globalThis.scrollY, innerHeight];
    const rows = this.#withFocus(rowsBetween(this.#layout, -top - ahead, -top + windowHeight + ahead));
    const cells = new Map(rows.flatMap((row) => this.#cellsOf(row)));
    for (const [key, cell] of this.#cells) if (!cells.has(key)) cell.remove();
    this.#cells = cells;
    let index = 0;
    for (const cell of cells.values()) {
      if (this.children[index] !== cell) this.insertBefore(cell, this.children[index] ?? null);
      index += 1;
    }
    this.#showMonth(edgePx - top);
    const needed = this.#neededAt(scrolled, windowHeight);
    if (this.#items.length < needed) this.dispatchEvent(new CustomEvent('need', { detail: needed }));
  }

  /** `top` is the upper edge of the visible part of the grid, in pixels from its beginning. */
  #showMonth(top: number): void {
    const { cellHeight, headingHeight } = this.#layout.measures;
    const [row] = rowsBetween(this.#layout, top, top + cellHeight);
    const item = top > headingHeight + edgePx && row?.kind === 'cells' && this.#items[row.from];
    this.month.show(item ? formatMonth(item.createdAt) : null);
  }

  /** Adds the row with the focus, which would otherwise be lost when the user scrolls far. */
  #withFocus(rows: readonly GridRow[]): readonly GridRow[] {
    const focused = this.contains(document.activeElement)
      ? document.activeElement?.closest('media-card')?.media?.id
      : undefined;
    const row =
      focused &&
      rowOf(
        this.#layout,
        this.#items.findIndex(({ id }) => id === focused),
      );
    if (!row || rows.includes(row)) return rows;
    return [...rows, row].toSorted((a, b) => a.top - b.top);
  }

  #cellsOf(row: GridRow): [string, HTMLElement][] {
    if (row.kind === 'heading') return [this.#heading(row)];
    return Array.from({ length: row.to - row.from }, (_, column) => {
      const media = this.#items[row.from + column];
      const [key, cell] = media ? this.#card(media, row.from + column) : this.#place(row.from + column);
      this.#put(cell, column, row.top);
      return [key, cell];
    });
  }

  #heading(row: GridRow): [string, HTMLElement] {
    const text = formatMonth(this.#items[row.from]?.createdAt ?? '');
    const key = `month ${text}`;
    const cell = this.#cells.get(key) ?? monthHeading(text);
    this.#put(cell, 0, row.top);
    return [key, cell];
  }

  #card(media: Media, index: number): [string, HTMLElement] {
    const card = (this.#cells.get(media.id) as MediaCard | undefined) ?? h('media-card');
    this.prepare(card, media);
    if (card.media !== media) card.media = media;
    card.setPlace(index + 1, this.#expected);
    return [media.id, card];
  }

  /** Returns the placeholder of an item that is not loaded. */
  #place(index: number): [string, HTMLElement] {
    const key = `place ${index}`;
    return [
      key,
      this.#cells.get(key) ??
        h('div', { class: 'card skeleton', 'aria-hidden': 'true' }, h('div', { class: 'card-picture' })),
    ];
  }

  #put(cell: HTMLElement, column: number, top: number): void {
    const { cellWidth, columnGap } = this.#layout.measures;
    const place = `${column * (cellWidth + columnGap)}px ${top}px`;
    if (cell.style.translate !== place) cell.style.translate = place;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'virtual-grid': VirtualGrid;
  }
  interface HTMLElementEventMap {
    need: CustomEvent<number>;
  }
}
