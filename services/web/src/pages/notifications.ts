import type { Notification } from '#contracts';
import { clearAllNotes, isCleared, markAllRead, clearedNotes } from '../actions/note-actions';
import { emptyState, pageHead, problemState } from '../elements/base/page-parts';
import type { NoteRow } from '../elements/notes/note-row';
import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { groupNotes, type NoteGroup } from '../state/note-groups';
import type { Page, PageContext } from '../state/router';
import { unread } from '../state/unread';
import { coalesce } from '../ui/coalesce';
import { arrange, fill, fragment, h } from '../ui/dom';
import { icon } from '../ui/icons';
import { Store } from '../ui/store';
import { texts } from '../ui/texts';

const periods = ['today', 'yesterday', 'earlier'] as const;
type Period = (typeof periods)[number];
const pageSize = 100;
/** Pages are read until the last drop is complete, up to this many. */
const pagesOfOneDrop = 10;

/** Builds the page `/notifications`. */
export function notificationsPage({ signal }: PageContext): Page {
  const list = new NotificationList(signal);
  const markAll = h(
    'button',
    { type: 'button', class: 'button', onclick: () => void markAllRead() },
    icon('check'),
    texts.notifications.markAllRead,
  );
  const clearAll = h(
    'button',
    { type: 'button', class: 'button', onclick: () => list.clear() },
    icon('trash'),
    texts.notifications.clearAll,
  );
  unread.watch((count) => void (markAll.hidden = count === 0), signal);
  list.empty.watch((empty) => void (clearAll.hidden = empty), signal);
  const content = fragment(pageHead(texts.notifications.title, null, markAll, clearAll), list.element);
  return { title: texts.notifications.title, content, ready: list.read() };
}

class NotificationList {
  readonly empty = new Store(true);
  readonly #sections = periods.map((period) => new Section(period));
  /** An empty list, or a read that failed. */
  readonly #message = h('div', { class: 'notes-empty' });
  readonly #more = h(
    'button',
    { type: 'button', class: 'button', hidden: true, onclick: () => void this.#readMore() },
    texts.loadMore,
  );
  readonly element = h(
    'div',
    { class: 'notes-box' },
    ...this.#sections.map(({ element }) => element),
    this.#message,
    this.#more,
  );
  readonly #rows = new Map<string, NoteRow>();
  readonly #signal: AbortSignal;
  #notes = new Map<string, Notification>();
  /** Live events during a read, whose response may not contain them. */
  #arrived = new Map<string, Notification>();
  /** Ids of media that are being retried, whose notifications are outdated. */
  readonly #moving = new Set<string>();
  #cursor: string | null = null;
  #reading = new AbortController();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    const renderSoon = coalesce(async () => this.#render(), signal);
    live.notification.on((note) => this.#arrive(note), signal);
    live.media.on(({ id, status }) => {
      if (status !== 'uploaded' && status !== 'processing') return;
      this.#moving.add(id);
      renderSoon();
    }, signal);
    live.notificationsChanged.on(() => this.#reread(), signal);
    live.refetch.on(() => {
      this.#moving.clear();
      void this.read();
    }, signal);
    clearedNotes.onChange(() => {
      this.#render();
      void this.read();
    }, signal);
  }

  /** Reads as many as are shown, and continues to the end of the last drop. */
  async read(): Promise<void> {
    this.#arrived.clear();
    await this.#fetch(null, Math.max(1, this.#notes.size), (notes) => {
      this.#notes = new Map([...this.#arrived, ...notes]);
    });
  }

  /** Clears all notifications. */
  clear(): void {
    const newest = [...this.#notes.keys()].toSorted().at(-1);
    if (newest) clearAllNotes(newest);
  }

  async #readMore(): Promise<void> {
    await this.#fetch(this.#cursor, 1, (notes) => {
      for (const [id, note] of notes) this.#notes.set(id, note);
    });
  }

  async #fetch(from: string | null, wanted: number, apply: (notes: Map<string, Notification>) => void): Promise<void> {
    this.#reading.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#reading.signal]);
    const notes = new Map<string, Notification>();
    let cursor = from;
    try {
      do {
        const query = { limit: pageSize, ...(cursor && { cursor }) };
        const page = await load(() => api.notifications(query, signal), signal);
        for (const note of page.items) notes.set(note.id, note);
        cursor = page.nextCursor;
      } while (cursor && (notes.size < wanted || endsInDrop(notes)));
      apply(notes);
      this.#cursor = cursor;
      this.#render();
    } catch (error) {
      if (!signal.aborted) fill(this.#message, problemState(error));
    }
  }

  #arrive(note: Notification): void {
    this.#arrived.set(note.id, note);
    this.#notes.set(note.id, note);
    if (note.mediaId) this.#moving.delete(note.mediaId);
    this.#render();
  }

  /** Removes cleared notifications before the read, so that they do not reappear until its response. */
  #reread(): void {
    for (const note of [...this.#notes.values()].filter(isCleared)) this.#notes.delete(note.id);
    void this.read();
  }

  #render(): void {
    const groups = groupNotes(
      [...this.#notes.values()].filter((note) => !isCleared(note)),
      this.#moving,
    );
    this.empty.set(groups.length === 0);
    this.#more.hidden = this.#cursor === null || groups.length === 0;
    for (const section of this.#sections) section.show(groups, (group) => this.#row(group));
    const kept = new Set(groups.map(({ key }) => key));
    for (const key of [...this.#rows.keys()].filter((known) => !kept.has(known))) this.#rows.delete(key);
    if (groups.length > 0) fill(this.#message);
    else fill(this.#message, emptyState('bell', texts.notifications.emptyTitle, texts.notifications.emptyLead));
  }

  #row(group: NoteGroup): NoteRow {
    const row = this.#rows.get(group.key) ?? h('note-row', { role: 'listitem' });
    row.group = group;
    this.#rows.set(group.key, row);
    return row;
  }
}

/** The notifications of a period, under its heading. Hidden while there are none. */
class Section {
  readonly #period: Period;
  readonly #list = h('div', { class: 'notes', role: 'list' });
  readonly element: HTMLElement;

  constructor(period: Period) {
    this.#period = period;
    const heading = h('h2', { class: 'notes-period' }, texts.notifications.periods[period]);
    this.element = h('section', { class: 'notes-section', hidden: true }, heading, this.#list);
  }

  /** Shows those of `groups` that belong to the period, by their newest notification. */
  show(groups: readonly NoteGroup[], toRow: (group: NoteGroup) => NoteRow): void {
    const own = groups.filter(({ notes }) => periodOf(notes[0]?.createdAt ?? '') === this.#period);
    arrange(this.#list, own.map(toRow));
    this.element.hidden = own.length === 0;
  }
}

/** Returns the period of a time by the calendar of the user. */
function periodOf(iso: string): Period {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (Date.parse(iso) >= midnight) return 'today';
  // The day before may have 23 or 25 hours.
  return Date.parse(iso) >= new Date(midnight - 1).setHours(0, 0, 0, 0) ? 'yesterday' : 'earlier';
}

function endsInDrop(notes: ReadonlyMap<string, Notification>): boolean {
  const last = [...notes.values()].at(-1);
  return notes.size < pageSize * pagesOfOneDrop && last !== undefined && last.batchId !== null;
}
