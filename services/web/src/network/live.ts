import type { Media, Notification } from '#contracts';
import { Topic } from '../ui/store';
import { api } from './api';
import { connection } from './connection';

/** Events of the stream. `refetch`: events may have been missed, so pages read their data again. */
type LiveMessage =
  | { type: 'media'; media: Media }
  | { type: 'notification'; notification: Notification }
  | { type: 'refetch' };
/** Messages between tabs. */
type TabMessage =
  | LiveMessage
  | { type: 'signed-out' }
  | { type: 'notifications-changed' }
  | { type: 'media-deleted'; id: string }
  // From a page that closes: the request is sent, but no page receives its response.
  | { type: 'media-removed'; ids: string[] }
  // Cleared in a tab that still offers to undo it, which may close before its request was sent.
  | { type: 'notifications-removed'; removed: ClearedNotifications }
  | { type: 'notifications-restored'; removed: ClearedNotifications };

/** Notifications that are no longer shown: those of `ids`, and all up to the id `until` (empty: none). */
export interface ClearedNotifications {
  ids: ReadonlySet<string>;
  until: string;
}

export const live = {
  media: new Topic<Media>(),
  notification: new Topic<Notification>(),
  refetch: new Topic<void>(),
  /** Notifications were read or cleared, in this tab or another. */
  notificationsChanged: new Topic<void>(),
  mediaDeleted: new Topic<string>(),
  mediaRemoved: new Topic<readonly string[]>(),
  notificationsRemoved: new Topic<ClearedNotifications>(),
  notificationsRestored: new Topic<ClearedNotifications>(),
  signedOutElsewhere: new Topic<void>(),
};

const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('snapstream') : undefined;
let stop: AbortController | undefined;

/** Sends a message to the other tabs and, except for `signed-out`, to the pages of this one. */
export function broadcast(message: TabMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has none
  channel?.postMessage(message);
  if (message.type !== 'signed-out') dispatch(message);
}

/**
 * One stream per browser: HTTP/1.1 gives six connections per origin, and a stream in every tab would starve uploads.
 * The tab that holds the lock reads the stream and forwards its events; when it closes, the next tab acquires the lock.
 * Without locks (plain http, old browsers) each tab reads its own stream.
 */
export function startLive(): void {
  stopLive();
  stop = new AbortController();
  const { signal } = stop;
  channel?.addEventListener('message', (event) => dispatch(event.data as TabMessage), { signal });
  if (!channel || !('locks' in navigator)) void readStream(signal, false);
  // Aborted while waiting for the lock: the session ended.
  else void readWithLock(signal).catch(() => undefined);
}

async function readWithLock(signal: AbortSignal): Promise<void> {
  const name = 'snapstream-live';
  const isTaken = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await readStream(signal, false);
    return lock === null;
  });
  if (isTaken) await navigator.locks.request(name, { signal }, () => readStream(signal, true));
}

/** Closes the stream and ignores messages of other tabs. */
export function stopLive(): void {
  stop?.abort();
  stop = undefined;
}

/** Reads the stream until `signal` aborts. `takesOver`: another tab read it before, and events since then are lost. */
async function readStream(signal: AbortSignal, takesOver: boolean): Promise<void> {
  let missed = takesOver;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const onOpen = (): void => {
      connection.markRestored('notifications');
      if (missed) broadcast({ type: 'refetch' });
      missed = false;
      attempt = 0;
    };
    await streamOnce(signal, onOpen, () => void (missed = true));
    if (signal.aborted) return;
    // The browser does not reconnect: if the session has ended, the next call gets a 401.
    await api.notifications({ limit: 1 }, signal).catch(() => undefined);
    await connection.pause(attempt, signal).catch(() => undefined);
  }
}

/** Resolves when the browser closes the stream (any status but 200) or `signal` aborts. */
async function streamOnce(signal: AbortSignal, onOpen: () => void, onBreak: () => void): Promise<void> {
  const source = new EventSource('/api/events');
  source.addEventListener('open', onOpen);
  source.addEventListener('media', (event) =>
    broadcast({ type: 'media', media: JSON.parse(event.data as string) as Media }),
  );
  source.addEventListener('media-deleted', (event) => {
    const { id } = JSON.parse(event.data as string) as { id: string };
    broadcast({ type: 'media-deleted', id });
  });
  source.addEventListener('notification', (event) => {
    broadcast({ type: 'notification', notification: JSON.parse(event.data as string) as Notification });
  });
  source.addEventListener('reset', () => broadcast({ type: 'refetch' }));
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    source.addEventListener('error', () => {
      onBreak();
      if (source.readyState === EventSource.CLOSED) resolve();
      // Streams also end for harmless reasons; an ordinary call shows whether the server is unavailable.
      else void api.notifications({ limit: 1 }, signal).catch(() => undefined);
    });
  });
  source.close();
}

function dispatch(message: TabMessage): void {
  switch (message.type) {
    case 'media':
      return live.media.emit(message.media);
    case 'notification':
      return live.notification.emit(message.notification);
    case 'refetch':
      return live.refetch.emit();
    case 'notifications-changed':
      return live.notificationsChanged.emit();
    case 'media-deleted':
      return live.mediaDeleted.emit(message.id);
    case 'media-removed':
      live.mediaRemoved.emit(message.ids);
      return message.ids.forEach((id) => live.mediaDeleted.emit(id));
    case 'notifications-removed':
      return live.notificationsRemoved.emit(message.removed);
    case 'notifications-restored':
      return live.notificationsRestored.emit(message.removed);
    case 'signed-out':
      return live.signedOutElsewhere.emit();
  }
}
