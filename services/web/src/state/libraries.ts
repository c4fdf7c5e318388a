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
/** How many lists are kept, so that "back" shows each as one left it. */
const keptLists = 6;
/** How far a list is read to find one's place in it. */
const recalledCount = 500;
/** More news than arrives while one page is read. */
const keptNews = 300;

/** One list of the library, read page by page and kept true by what the server tells. */
export class LibraryList {
  readonly filter: LibraryFilter;
  readonly state = new Store<LibraryState>(unread);
  /** Something may have been missed since it was read. */
  stale = false;
  readonly #end = new AbortController();
  #page: Promise<void> | undefined;
  /** An answer may be older than what was told while it was on its way. */
  #news: Media[] = [];

  constructor(filter: LibraryFilter) {
    this.filter = filter;
    const { signal } = this.#end;
    live.media.on((media) => this.#tell(media), signal);
    live.mediaDeleted.on((id) => this.#remove(id), signal);
    live.refetch.on(() => void (this.stale = true), signal);
  }

  /** Resolves when `count` items are there, or all that exist. */
  async readUntil(count: number): Promise<void> {
    while (this.state.value.more && this.state.value.items.length < count) {
      this.#page ??= this.#readPage().finally(() => (this.#page = undefined));
      await this.#page;
    }
  }

  /** Reads it anew as far as `count` items; what lay beyond is read again when it is needed. */
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

  /** Nobody looks at it any more. */
  forget(): void {
    this.#end.abort();
  }

  async #readPage(): Promise<void> {
    const { cursor } = this.state.value;
    const page = await this.#fetch(cursor);
    // Read anew meanwhile: this page goes on from what is gone.
    if (this.state.value.cursor === cursor) this.#show(appendPage(this.state.value, page));
  }

  #fetch(cursor: string | null): Promise<MediaList> {
    const { signal } = this.#end;
    return load(() => api.media({ ...this.filter, limit: pageSize, ...(cursor ? { cursor } : {}) }, signal), signal);
  }

  #show(state: LibraryState): void {
    this.state.set(this.#news.reduce((known, media) => applyMediaUpdate(known, media, this.filter), state));
  }

  #tell(media: Media): void {
    this.#news = [...this.#news.slice(1 - keptNews), media];
    this.state.set(applyMediaUpdate(this.state.value, media, this.filter));
  }

  #remove(id: string): void {
    this.#news = this.#news.filter((media) => media.id !== id);
    this.state.set(removeItem(this.state.value, id));
  }
}

/** The lists that were looked at last. */
class Libraries {
  readonly #lists = new Map<string, LibraryList>();
  /** The medium that was looked at last: its card is shown when one comes back. */
  viewed: string | null = null;

  /** The list of `filter`, with what is loaded of it. */
  open(filter: LibraryFilter): LibraryList {
    const key = queryOf(filter).toString();
    const list = this.#lists.get(key) ?? new LibraryList(filter);
    this.#lists.delete(key);
    this.#lists.set(key, list);
    const [oldest] = this.#lists.keys();
    if (oldest !== undefined && this.#lists.size > keptLists) this.#drop(oldest);
    return list;
  }

  /** The one that was opened last: the detail page goes through it. */
  get last(): LibraryList | undefined {
    return [...this.#lists.values()].at(-1);
  }

  /** After a reload: the list at `path` again, so that one can go along it as before. */
  async recall(path: string | undefined): Promise<void> {
    if (this.last || !path || !/^\/media(\?|$)/.test(path)) return;
    await this.open(filterFrom(new URLSearchParams(path.split('?')[1])))
      .readUntil(recalledCount)
      .catch(() => undefined);
  }

  /** What the lists tell about a medium already. */
  known(id: string): Media | undefined {
    return this.last?.state.value.items.find((media) => media.id === id);
  }

  /** The media before and after one in the list it was opened from; reads on when the end comes near. */
  beside(id: string): { previous: Media | null; next: Media | null } {
    const items = (this.last?.state.value.items ?? []).filter((item) => item.id === id || !removed.value.has(item.id));
    const found = neighbours(items, id);
    if (found.previous && !found.next) void this.last?.readUntil(items.length + 1).catch(() => undefined);
    return found;
  }

  /** Forgets all when the session ends, for the next person is another one. */
  connect(signal: AbortSignal): void {
    const clear = (): void => {
      for (const key of this.#lists.keys()) this.#drop(key);
      this.viewed = null;
    };
    signal.addEventListener('abort', clear, { once: true });
  }

  #drop(key: string): void {
    this.#lists.get(key)?.forget();
    this.#lists.delete(key);
  }
}

export const libraries = new Libraries();
