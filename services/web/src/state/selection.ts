import { Store } from '../ui/store';

/** The selected items of a list, and the anchor of the next range. */
export class Selection {
  readonly ids = new Store<ReadonlySet<string>>(new Set());
  #anchor: string | null = null;
  /** The selection before the current range. */
  #before: ReadonlySet<string> = new Set();

  has(id: string): boolean {
    return this.ids.value.has(id);
  }

  get size(): number {
    return this.ids.value.size;
  }

  /** Selects or deselects an item, and makes it the anchor. */
  toggle(id: string): void {
    const ids = new Set(this.ids.value);
    if (!ids.delete(id)) ids.add(id);
    this.#begin(id, ids);
  }

  /** Selects all items from the anchor to `id`, in the order of `list`, instead of the current range. */
  extendTo(id: string, list: readonly string[]): void {
    this.beginAt(id);
    const anchor = list.indexOf(this.#anchor ?? id);
    const end = list.indexOf(id);
    if (anchor < 0) return this.toggle(id);
    const range = list.slice(Math.min(anchor, end), Math.max(anchor, end) + 1);
    this.ids.set(new Set([...this.#before, ...range]));
  }

  /** Makes `id` the anchor, unless there is one. */
  beginAt(id: string): void {
    if (this.#anchor === null) this.#begin(id, this.ids.value);
  }

  /** Removes the anchor. */
  endRange(): void {
    this.#begin(null, this.ids.value);
  }

  /** Selects more items and keeps the anchor. */
  add(ids: readonly string[]): void {
    this.#begin(this.#anchor, new Set([...this.ids.value, ...ids]));
  }

  clear(): void {
    this.#begin(null, this.size > 0 ? new Set() : this.ids.value);
  }

  /** Deselects items that are no longer in the list. */
  keepOnly(list: readonly string[]): void {
    if (this.size === 0) return;
    const known = new Set(list);
    const kept = [...this.ids.value].filter((id) => known.has(id));
    if (kept.length < this.size)
      this.#begin(this.#anchor && known.has(this.#anchor) ? this.#anchor : null, new Set(kept));
  }

  #begin(anchor: string | null, ids: ReadonlySet<string>): void {
    this.#anchor = anchor;
    this.#before = ids;
    this.ids.set(ids);
  }
}
