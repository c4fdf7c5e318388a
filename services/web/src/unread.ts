import { api } from './api';
import { live } from './live';
import { load } from './load';
import { Store } from './store';

/** How many notifications are unread. */
export const unread = new Store(0);

export function connectUnread(signal: AbortSignal): void {
  const read = async (): Promise<void> => {
    const answer = await load(() => api.notifications({ limit: 1 }, signal), signal).catch(() => null);
    if (answer && !signal.aborted) unread.set(answer.unread);
  };
  live.notification.on(() => void read(), signal);
  live.notificationsChanged.on(() => void read(), signal);
  live.refetch.on(() => void read(), signal);
  signal.addEventListener('abort', () => unread.set(0), { once: true });
  void read();
}
