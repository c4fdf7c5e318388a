import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { coalesce } from '../ui/gather';
import { Store } from '../ui/store';

/** How many notifications are unread. */
export const unread = new Store(0);

let told = 0;
/** Unread ones that vanished from the page already, while the server does not know yet. */
let hidden = 0;

export function connectUnread(signal: AbortSignal): void {
  const readSoon = coalesce(() => readUnread(signal), signal);
  live.notification.on(readSoon, signal);
  live.notificationsChanged.on(() => void readUnread(signal), signal);
  live.refetch.on(readSoon, signal);
  signal.addEventListener('abort', () => show(0, 0), { once: true });
  void readUnread(signal);
}

/** Counts `count` fewer, until the function that is returned is called. */
export function discountUnread(count: number): () => void {
  show(told, hidden + count);
  return () => show(told, Math.max(0, hidden - count));
}

export async function readUnread(signal: AbortSignal): Promise<void> {
  const answer = await load(() => api.notifications({ limit: 1 }, signal), signal).catch(() => null);
  if (answer && !signal.aborted) show(answer.unread, hidden);
}

function show(byServer: number, vanished: number): void {
  told = byServer;
  hidden = vanished;
  unread.set(Math.max(0, told - hidden));
}
