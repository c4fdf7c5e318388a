import type { Notification } from '#contracts';
import { api } from '../api';
import { fill, fragment, h } from '../dom';
import { confirmDialog } from '../elements/confirm-dialog';
import { emptyState, pageHead, problemState } from '../elements/page-parts';
import { toast } from '../elements/toast-region';
import { formatAgo, formatDateTime } from '../format';
import { icon, type IconName } from '../icons';
import { live, tell } from '../live';
import { load } from '../load';
import { messageOf } from '../problem';
import type { Page, PageContext } from '../router';
import { texts } from '../texts';

const icons: Partial<Record<Notification['type'], IconName>> = { 'media.completed': 'check', 'media.failed': 'alert', 'account.welcome': 'sparkle' };

export function notificationsPage({ signal }: PageContext): Page {
  const list = new NotificationList(signal);
  const markAll = h('button', { type: 'button', class: 'button', onclick: () => void act(() => api.readAllNotifications()) }, icon('check'), texts.notifications.markAllRead);
  const clearAll = h('button', { type: 'button', class: 'button', onclick: () => void clearAfterAsking() }, icon('trash'), texts.notifications.clearAll);
  const content = fragment(pageHead(texts.notifications.title, null, markAll, clearAll), list.element);
  return { title: texts.notifications.title, content, ready: list.read() };
}

class NotificationList {
  readonly #items = h('ul', { class: 'notes', role: 'list' });
  readonly #more = h('button', { type: 'button', class: 'button', hidden: true, onclick: () => void this.#readMore() }, texts.loadMore);
  readonly element = h('div', { class: 'notes-box' }, this.#items, this.#more);
  readonly #signal: AbortSignal;
  #cursor: string | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    live.notification.on((note) => this.#prepend(note), signal);
    live.notificationsChanged.on(() => void this.read(), signal);
    live.refetch.on(() => void this.read(), signal);
  }

  async read(): Promise<void> {
    const shown = this.#items.querySelectorAll('[data-notification-id]').length;
    await this.#fetch({ limit: Math.min(100, Math.max(50, shown)) }, (notes) => {
      fill(this.#items, ...notes.map(row));
      this.#showEmpty();
    });
  }

  async #readMore(): Promise<void> {
    if (this.#cursor) await this.#fetch({ cursor: this.#cursor }, (notes) => this.#items.append(...notes.map(row)));
  }

  async #fetch(query: { cursor?: string; limit?: number }, show: (notes: Notification[]) => void): Promise<void> {
    try {
      const { items, nextCursor } = await load(() => api.notifications(query, this.#signal), this.#signal);
      this.#cursor = nextCursor;
      this.#more.hidden = nextCursor === null;
      show(items);
    } catch (error) {
      if (!this.#signal.aborted) fill(this.#items, h('li', {}, problemState(error)));
    }
  }

  #prepend(note: Notification): void {
    this.#items.querySelector('.notes-empty')?.remove();
    this.#items.querySelector(`[data-notification-id="${CSS.escape(note.id)}"]`)?.remove();
    this.#items.prepend(row(note));
  }

  #showEmpty(): void {
    if (this.#items.childElementCount > 0) return;
    this.#items.append(h('li', { class: 'notes-empty' }, emptyState('bell', texts.notifications.emptyTitle, texts.notifications.emptyLead)));
  }
}

function row(note: Notification): HTMLElement {
  const title = note.mediaId
    ? h('a', { href: `/media/${note.mediaId}`, onclick: () => void (note.read || act(() => api.readNotification(note.id))) }, note.title)
    : note.title;
  const read = h('button', { type: 'button', class: 'button small quiet', onclick: () => void act(() => api.readNotification(note.id)) }, texts.notifications.markRead);
  const clear = h('button', { type: 'button', class: 'icon-button', 'aria-label': `${texts.notifications.clear}: ${note.title}`, title: texts.notifications.clear, onclick: () => void act(() => api.clearNotification(note.id)) }, icon('close'));
  return h(
    'li',
    { class: 'note', 'data-notification-id': note.id, 'data-type': note.type, 'data-read': String(note.read) },
    h('div', { class: 'note-sign' }, icon(icons[note.type] ?? 'bell')),
    h(
      'div',
      { class: 'note-text' },
      h('p', { class: 'note-title' }, note.read ? null : h('span', { class: 'visually-hidden' }, `${texts.notifications.unread}: `), title),
      h('p', { class: 'note-body' }, note.body),
      h('time', { datetime: note.createdAt, title: formatDateTime(note.createdAt) }, formatAgo(note.createdAt)),
    ),
    h('div', { class: 'note-actions' }, note.read ? null : read, clear),
  );
}

async function clearAfterAsking(): Promise<void> {
  const sure = await confirmDialog({ title: texts.notifications.clearTitle, lead: texts.notifications.clearLead, confirm: texts.notifications.clearAll });
  if (sure) await act(() => api.clearAllNotifications());
}

/** Does something to notifications and tells every page and tab, which then read again. */
async function act(change: () => Promise<void>): Promise<void> {
  try {
    await change();
    tell({ type: 'notifications-changed' });
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}
