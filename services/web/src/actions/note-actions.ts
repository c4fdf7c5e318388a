import type { Notification } from '#contracts';
import { api } from '../network/api';
import { broadcast, live, type ClearedNotifications } from '../network/live';
import { messageOf } from '../network/problem';
import { discountUnread, readUnread, unread } from '../state/unread';
import { Store } from '../ui/store';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { inBatches, pageCloses } from './id-batches';
import { postpone } from './undo';

/** The time that the server needs for the request of a closed page, whose response no page receives. */
const settledMs = 1_000;
const forever = new AbortController().signal;

/** Notifications that are hidden while clearing them can be undone. */
export const clearedNotes = new Store<ClearedNotifications>({ ids: new Set(), until: '' });

/** Returns true for a notification that is hidden because it was cleared. */
export function isCleared({ id }: Pick<Notification, 'id'>): boolean {
  return id <= clearedNotes.value.until || clearedNotes.value.ids.has(id);
}

/** Hides what another tab clears from its first moment on, because a tab that closes may not send a last message. */
export function connectClearedNotes(signal: AbortSignal): void {
  pageCloses.on(() => {
    const { ids, until } = clearedNotes.value;
    if (until || ids.size > 0) broadcast({ type: 'notifications-removed', removed: { ids, until } });
  }, signal);
  live.notificationsRemoved.on((removed) => {
    hide(removed);
    setTimeout(() => live.notificationsChanged.emit(), settledMs);
  }, signal);
  live.notificationsRestored.on((removed) => unhide(removed), signal);
}

function hide({ ids, until }: ClearedNotifications): void {
  const { value } = clearedNotes;
  clearedNotes.set({
    ids: new Set([...value.ids, ...ids]),
    until: until > value.until ? until : value.until,
  });
}

function unhide({ ids, until }: ClearedNotifications): void {
  const { value } = clearedNotes;
  clearedNotes.set({
    ids: new Set([...value.ids].filter((id) => !ids.has(id))),
    until: until && until === value.until ? '' : value.until,
  });
}

/** Marks notifications as read. */
export async function markRead(ids: readonly string[]): Promise<void> {
  await act(() => inBatches(ids, (batch) => api.batchNotifications({ action: 'read', ids: batch })));
}

/** Marks all notifications as read. */
export async function markAllRead(): Promise<void> {
  await act(() => api.readAllNotifications());
}

/** Hides notifications at once, and clears them when the time to undo has passed. */
export function clearNotes(notes: readonly Notification[]): void {
  const ids = notes.map(({ id }) => id);
  clear({
    count: ids.length,
    unreadCount: notes.filter(({ read }) => !read).length,
    removed: { ids: new Set(ids), until: '' },
    action: () => inBatches(ids, (batch) => api.batchNotifications({ action: 'clear', ids: batch })),
  });
}

/** Clears all notifications up to the id `newest`, including those that are not loaded. */
export function clearAllNotes(newest: string): void {
  clear({
    count: null,
    unreadCount: unread.value,
    removed: { ids: new Set(), until: newest },
    action: () => api.clearAllNotifications(newest),
  });
}

interface Clearing {
  /** null: all. */
  count: number | null;
  unreadCount: number;
  removed: ClearedNotifications;
  action: () => Promise<void>;
}

function clear({ count, unreadCount, removed, action }: Clearing): void {
  const recount = discountUnread(unreadCount);
  broadcast({ type: 'notifications-removed', removed });
  // Shows the notifications again, or stops hiding them after they were cleared.
  const restore = (): void => {
    recount();
    broadcast({ type: 'notifications-restored', removed });
  };
  postpone({
    message: texts.notifications.cleared(count),
    revert: restore,
    action: async () => {
      await action();
      await readUnread(forever);
      broadcast({ type: 'notifications-changed' });
      restore();
    },
  });
}

/** Runs `change` and notifies all pages and tabs, which then read their notifications again. */
async function act(change: () => Promise<void>): Promise<void> {
  try {
    await change();
    broadcast({ type: 'notifications-changed' });
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}
