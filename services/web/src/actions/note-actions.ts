import type { Notification } from '#contracts';
import { api } from '../network/api';
import { live, broadcast, type Vanished } from '../network/live';
import { messageOf } from '../network/problem';
import { discountUnread, readUnread, unread } from '../state/unread';
import { Store } from '../ui/store';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { inBatches, pageCloses } from './id-batches';
import { postpone } from './undo';

/** How long the server needs for the request of a page that closed; its answer reaches no page. */
const settledMs = 1_000;
const forever = new AbortController().signal;

/** What is cleared on the page, while it can still be undone. */
export const vanished = new Store<Vanished>({ ids: new Set(), until: '' });

export function isVanished({ id }: Pick<Notification, 'id'>): boolean {
  return id <= vanished.value.until || vanished.value.ids.has(id);
}

/** What another tab cleared while it closed is hidden here for good. */
export function connectVanished(signal: AbortSignal): void {
  pageCloses.on(() => {
    const { ids, until } = vanished.value;
    if (until || ids.size > 0) broadcast({ type: 'notifications-removed', removed: { ids, until } });
  }, signal);
  live.notificationsRemoved.on(({ ids, until }) => {
    const { value } = vanished;
    const latest = until > value.until ? until : value.until;
    vanished.set({ ids: new Set([...value.ids, ...ids]), until: latest });
    setTimeout(() => live.notificationsChanged.emit(), settledMs);
  }, signal);
}

export async function markRead(ids: readonly string[]): Promise<void> {
  await act(() => inBatches(ids, (batch) => api.batchNotifications({ action: 'read', ids: batch })));
}

export async function markAllRead(): Promise<void> {
  await act(() => api.readAllNotifications());
}

export function clearNotes(notes: readonly Notification[]): void {
  const ids = notes.map(({ id }) => id);
  vanished.set({ ...vanished.value, ids: new Set([...vanished.value.ids, ...ids]) });
  clear({
    count: ids.length,
    unreadCount: notes.filter(({ read }) => !read).length,
    action: () => inBatches(ids, (batch) => api.batchNotifications({ action: 'clear', ids: batch })),
    show: () =>
      vanished.set({ ...vanished.value, ids: new Set([...vanished.value.ids].filter((id) => !ids.includes(id))) }),
  });
}

/** Those that are there now, also those that no page shows yet; `newest` is the id of the first. */
export function clearAllNotes(newest: string): void {
  const before = vanished.value.until;
  vanished.set({ ...vanished.value, until: newest });
  clear({
    count: null,
    unreadCount: unread.value,
    action: () => api.clearAllNotifications(newest),
    show: () => vanished.value.until === newest && vanished.set({ ...vanished.value, until: before }),
  });
}

interface Clearing {
  /** null: all. */
  count: number | null;
  unreadCount: number;
  action: () => Promise<void>;
  /** Takes the veil off. */
  show: () => void;
}

function clear({ count, unreadCount, action, show }: Clearing): void {
  const recount = discountUnread(unreadCount);
  const lift = (): void => {
    recount();
    show();
  };
  postpone({
    message: texts.notifications.cleared(count),
    undone: lift,
    action: async () => {
      await action();
      await readUnread(forever);
      broadcast({ type: 'notifications-changed' });
      lift();
    },
  });
}

/** Changes something and tells every page and tab, which then read again. */
async function act(change: () => Promise<void>): Promise<void> {
  try {
    await change();
    broadcast({ type: 'notifications-changed' });
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}
