import type { Media, Notification } from '#contracts';
import { Topic } from '../ui/store';
import { api } from './api';
import { connection } from './connection';

/** What the stream tells. `refetch`: something may have been missed; read again what is on the screen. */
type LiveMessage =
  | { type: 'media'; media: Media }
  | { type: 'notification'; notification: Notification }
  | { type: 'refetch' };
/** What tabs tell each other besides. */
type TabMessage =
  | LiveMessage
  | { type: 'signed-out' }
  | { type: 'notifications-changed' }
  | { type: 'media-deleted'; id: string }
  // From a page that closes: the request is sent, its answer will reach no page.
  | { type: 'media-removed'; ids: string[] }
  | { type: 'notifications-removed'; removed: Vanished };

/** Notifications that are no longer shown: those of `ids`, and all up to the id `until` (empty: none). */
export interface Vanished {
  ids: ReadonlySet<string>;
  until: string;
}

export const live = {
  media: new Topic<Media>(),
  notification: new Topic<Notification>(),
  refetch: new Topic<void>(),
  /** Read or cleared, here or in another tab. */
  notificationsChanged: new Topic<void>(),
  mediaDeleted: new Topic<string>(),
  mediaRemoved: new Topic<readonly string[]>(),
  notificationsRemoved: new Topic<Vanished>(),
  signedOutElsewhere: new Topic<void>(),
};

const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('snapstream') : undefined;
let stop: AbortController | undefined;

/** Tells the other tabs, and the pages of this one unless it is about being signed out here. */
export function broadcast(message: TabMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; a channel has none
  channel?.postMessage(message);
  if (message.type !== 'signed-out') dispatch(message);
}

/**
 * One stream per browser: HTTP/1.1 gives six connections per origin, and a stream in every tab would starve uploads.
 * The tab that holds the lock reads the stream and tells the others; when it closes, the next one takes over.
 * Without locks (plain http, old browsers) each tab reads its own.
 */
export function startLive(): void {
  stopLive();
  stop = new AbortController();
  const { signal } = stop;
  channel?.addEventListener('message', (event) => dispatch(event.data as TabMessage), { signal });
  if (!channel || !('locks' in navigator)) void readStream(signal, false);
  // Aborted while waiting for the lock: the session ended.
  else void readInTurn(signal).catch(() => undefined);
}

async function readInTurn(signal: AbortSignal): Promise<void> {
  const name = 'snapstream-live';
  const isTaken = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await readStream(signal, false);
    return lock === null;
  });
  if (isTaken) await navigator.locks.request(name, { signal }, () => readStream(signal, true));
}

export function stopLive(): void {
  stop?.abort();
  stop = undefined;
}

/** Holds the stream open until `signal` aborts. `takesOver`: another tab read it before, and what came meanwhile is lost. */
async function readStream(signal: AbortSignal, takesOver: boolean): Promise<void> {
  let missed = takesOver;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const opened = (): void => {
      connection.markRestored('notifications');
      if (missed) broadcast({ type: 'refetch' });
      missed = false;
      attempt = 0;
    };
    await streamOnce(signal, opened, () => void (missed = true));
    if (signal.aborted) return;
    // The browser gave up: the session may have ended, which the next call finds out.
    await api.notifications({ limit: 1 }, signal).catch(() => undefined);
    await connection.pause(attempt, signal).catch(() => undefined);
  }
}

/** Resolves when the browser gives the stream up (any answer but 200) or `signal` aborts. */
async function streamOnce(signal: AbortSignal, opened: () => void, broke: () => void): Promise<void> {
  const source = new EventSource('/api/events');
  source.addEventListener('open', opened);
  source.addEventListener('media', (event) =>
    broadcast({ type: 'media', media: JSON.parse(event.data as string) as Media }),
  );
  source.addEventListener('notification', (event) => {
    broadcast({ type: 'notification', notification: JSON.parse(event.data as string) as Notification });
  });
  source.addEventListener('reset', () => broadcast({ type: 'refetch' }));
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    source.addEventListener('error', () => {
      broke();
      if (source.readyState === EventSource.CLOSED) resolve();
      // Streams end for harmless reasons too; an ordinary call says whether the server is really away.
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
    case 'signed-out':
      return live.signedOutElsewhere.emit();
  }
}
