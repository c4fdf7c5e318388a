import type { Media, MediaList } from '#contracts';
import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { Store } from '../ui/store';
import {
  appendPage,
  applyMediaUpdate,
  filterFrom,
  neighbours,
  queryOf,
  removeItem,
  unread,
  type LibraryFilter,
  type LibraryState,
} from './library';
import { removed } from './removed';

const pageSize = 100;
/** Lists kept in memory, so that "back" shows each as it was left. */
const keptLists = 6;
/** Items read at most to find the position in a list. */
const recalledCount = 500;
/** Recent events kept: more than arrive while one page is read. */
const keptUpdates = 300;

/** One list of the library, read page by page and updated by live events. */
export class LibraryList {
  readonly filter: LibraryFilter;
  readonly state = new Store<LibraryState>(unread);
  /** True when events may have been missed since it was read. */
  stale = false;
  readonly #end = new AbortController();
  #page: Promise<void> | undefined;
  /** Recent events, applied to each page that is read, because its response may be older than they are. */
  #updates: Media[] = [];

  constructor(filter: LibraryFilter) {
    this.filter = filter;
    const { signal } = this.#end;
    live.media.on((media) => this.#update(media), signal);
    live.mediaDeleted.on((id) => this.#remove(id), signal);
    live.refetch.on(() => void (this.stale = true), signal);
  }

  /** Resolves when `count` items are loaded, or all that exist. */
  async readUntil(count: number): Promise<void> {
    while (this.state.value.more && this.state.value.items.length < count) {
      this.#page ??= this.#readPage().finally(() => (this.#page = undefined));
      await this.#page;
    }
  }

  /** Reads the first `count` items again; later ones are read again when they are needed. */
  async refresh(count: number): Promise<void> {
    this.stale = false;
    let fresh = unread;
    try {
      while (fresh.more && fresh.items.length < count) fresh = appendPage(fresh, await this.#fetch(fresh.cursor));
    } catch (error) {
      this.stale = true;
      throw error;
    }
    this.#show(fresh);
  }

  /** Stops requests and updates of the list. */
  close(): void {
    this.#end.abort();
  }

  async #readPage(): Promise<void> {
    const { cursor } = this.state.value;
    const page = await this.#fetch(cursor);
    // A refresh meanwhile has replaced the items that this page continues.
    if (this.state.value.cursor === cursor) this.#show(appendPage(this.state.value, page));
  }

  #fetch(cursor: string | null): Promise<MediaList> {
    const { signal } = this.#end;
    return load(() => api.media({ ...this.filter, limit: pageSize, ...(cursor ? { cursor } : {}) }, signal), signal);
  }

  #show(state: LibraryState): void {
    this.state.set(this.#updates.reduce((known, media) => applyMediaUpdate(known, media, this.filter), state));
  }

  #update(media: Media): void {
    this.#updates = [...this.#updates.slice(1 - keptUpdates), media];
    this.state.set(applyMediaUpdate(this.state.value, media, this.filter));
  }

  #remove(id: string): void {
    this.#updates = this.#updates.filter((media) => media.id !== id);
    this.state.set(removeItem(this.state.value, id));
  }
}

/** The most recently opened lists. */
class Libraries {
  readonly #lists = new Map<string, LibraryList>();
  /** The id of the medium viewed last, whose card gets the focus when the user returns to the list. */
  viewed: string | null = null;

  /** Returns the list of `filter`, with the items loaded so far. */
  open(filter: LibraryFilter): LibraryList {
    const key = queryOf(filter).toString();
    const list = this.#lists.get(key) ?? new LibraryList(filter);
    this.#lists.delete(key);
    this.#lists.set(key, list);
    const [oldest] = this.#lists.keys();
    if (oldest !== undefined && this.#lists.size > keptLists) this.#drop(oldest);
    return list;
  }

  /** The list opened last, through which the detail page moves. */
  get last(): LibraryList | undefined {
    return [...this.#lists.values()].at(-1);
  }

  /**
   * Opens the list that contains a medium, so that the detail page can move through it: the list at `path` after a
   * reload, and the whole library after a direct link.
   */
  async recall(path: string | undefined, id: string): Promise<void> {
    if (this.known(id)) return;
    const isList = path !== undefined && /^\/media(\?|$)/.test(path);
    const list = this.open(filterFrom(new URLSearchParams(isList ? path.split('?')[1] : '')));
    const continues = (): boolean => list.state.value.more && list.state.value.items.length < recalledCount;
    try {
      while (!this.known(id) && continues()) await list.readUntil(list.state.value.items.length + 1);
    } catch {
      // The medium is then shown without its neighbours.
    }
  }

  /** Returns a medium from the loaded items, if it is there. */
  known(id: string): Media | undefined {
    return this.last?.state.value.items.find((media) => media.id === id);
  }

  /** Returns the neighbours of a medium in the list it was opened from; reads the next page at the end of the list. */
  beside(id: string): { previous: Media | null; next: Media | null } {
    const items = (this.last?.state.value.items ?? []).filter((item) => item.id === id || !removed.value.has(item.id));
    const found = neighbours(items, id);
    if (found.previous && !found.next) void this.last?.readUntil(items.length + 1).catch(() => undefined);
    return found;
  }

  /** Closes all lists when the session ends, because the next user may be another one. */
  connect(signal: AbortSignal): void {
    const clear = (): void => {
      for (const key of this.#lists.keys()) this.#drop(key);
      this.viewed = null;
    };
    signal.addEventListener('abort', clear, { once: true });
  }

  #drop(key: string): void {
    this.#lists.get(key)?.close();
    this.#lists.delete(key);
  }
}

export const libraries = new Libraries();
