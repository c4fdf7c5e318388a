import { oncePerFrame } from '../../ui/coalesce';
import { arrange } from '../../ui/dom';
import { rowsBetween } from '../../ui/grid-layout';
import { SignalElement } from './signal-element';

/** Rows are built up to this distance beyond the visible area. */
const aheadPx = 700;

interface Place {
  key: string;
  index: number;
  top: number;
  height: number;
}

/**
 * A list of any length: only rows in or near the visible area are in the page, whether the window or the parent element
 * scrolls. Rows may differ in height; a row that was not in the page yet counts with `guessedHeight`.
 */
export class VirtualList extends SignalElement {
  /** Pixels. */
  guessedHeight = 69;
  /** Builds the row of a key, or updates the given one. */
  draw: (key: string, row: HTMLElement | undefined) => HTMLElement = (_, row) => row ?? document.createElement('div');
  #places: Place[] = [];
  #rows = new Map<string, HTMLElement>();
  readonly #heights = new Map<string, number>();
  readonly #schedule = oncePerFrame(() => this.#render());
  readonly #sizes = new ResizeObserver((entries) => this.#measure(entries));

  protected connected(signal: AbortSignal): void {
    this.setAttribute('role', 'list');
    this.tabIndex = -1;
    // `scroll` does not bubble, so it is handled in the capture phase.
    document.addEventListener('scroll', () => this.#schedule(), { signal, passive: true, capture: true });
    globalThis.addEventListener('resize', () => this.#schedule(), { signal });
    signal.addEventListener('abort', () => this.#sizes.disconnect(), { once: true });
  }

  /** Shows the rows of `keys`, in their order. */
  show(keys: readonly string[]): void {
    const sight = this.#sight();
    this.#layOut(keys);
    this.#render(sight);
  }

  #layOut(keys: readonly string[]): void {
    let top = 0;
    this.#places = keys.map((key, index) => {
      const place = { key, index, top, height: this.#heights.get(key) ?? this.guessedHeight };
      top += place.height;
      return place;
    });
    this.style.setProperty('height', `${top}px`);
  }

  #measure(entries: readonly ResizeObserverEntry[]): void {
    let isNew = false;
    for (const { target, borderBoxSize } of entries) {
      const key = (target as HTMLElement).dataset['key'] ?? '';
      const height = borderBoxSize[0]?.blockSize ?? 0;
      if (height === 0 || this.#heights.get(key) === height) continue; // 0: the list is collapsed
      this.#heights.set(key, height);
      isNew = true;
    }
    if (isNew) this.show(this.#places.map(({ key }) => key));
  }

  #render({ from, to } = this.#sight()): void {
    if (!this.isConnected) return;
    const focused = [...this.#rows.values()].find((row) => row.contains(document.activeElement));
    const places = this.#placesToShow(from, to, focused?.dataset['key']);
    const rows = new Map(places.map((place) => [place.key, this.#rowAt(place)]));
    for (const [key, row] of this.#rows) if (!rows.has(key)) this.#sizes.unobserve(row);
    const isGone = focused && !rows.has(focused.dataset['key'] ?? '');
    const index = Number(focused?.getAttribute('aria-posinset')) - 1;
    this.#rows = rows;
    arrange(this, [...rows.values()]);
    if (isGone) this.#focusNear(index);
  }

  /** Returns the visible part in pixels. Measured before anything is changed, which would force a layout. */
  #sight(): { from: number; to: number } {
    const { top } = this.getBoundingClientRect();
    const box = this.parentElement?.getBoundingClientRect();
    return { from: Math.max(0, box?.top ?? 0) - top, to: Math.min(innerHeight, box?.bottom ?? innerHeight) - top };
  }

  /** Returns the rows to build. The row with the focus and its neighbours are always kept, for the focus and Tab. */
  #placesToShow(from: number, to: number, focusedKey: string | undefined): Place[] {
    const inSight = rowsBetween({ rows: this.#places }, from - aheadPx, to + aheadPx);
    const at = focusedKey === undefined ? -1 : this.#places.findIndex(({ key }) => key === focusedKey);
    const near = at < 0 ? [] : this.#places.slice(Math.max(0, at - 1), at + 2);
    return [...new Set([...inSight, ...near])].toSorted((one, other) => one.index - other.index);
  }

  #rowAt({ key, index, top }: Place): HTMLElement {
    const known = this.#rows.get(key);
    const row = this.draw(key, known);
    if (!known) {
      row.dataset['key'] = key;
      row.setAttribute('role', 'listitem');
      this.#sizes.observe(row);
    }
    setAttribute(row, 'aria-posinset', index + 1);
    setAttribute(row, 'aria-setsize', this.#places.length);
    const place = `0 ${top}px`;
    if (row.style.translate !== place) row.style.translate = place;
    return row;
  }

  /** Focuses the row that took the place of a removed one. */
  #focusNear(index: number): void {
    const place = this.#places[Math.min(index, this.#places.length - 1)];
    const control = place && this.#rows.get(place.key)?.querySelector<HTMLElement>('button, a[href]');
    (control ?? this).focus({ preventScroll: true });
  }
}

function setAttribute(row: HTMLElement, name: string, value: number): void {
  if (row.getAttribute(name) !== String(value)) row.setAttribute(name, String(value));
}

declare global {
  interface HTMLElementTagNameMap {
    'virtual-list': VirtualList;
  }
}
