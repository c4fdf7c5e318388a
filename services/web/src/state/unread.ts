import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { coalesce } from '../ui/coalesce';
import { Store } from '../ui/store';

/** The number of unread notifications. */
export const unread = new Store(0);

let serverCount = 0;
/** Unread notifications that are hidden already, and not cleared on the server yet. */
let hidden = 0;

/** Keeps `unread` up to date, until `signal` aborts. */
export function connectUnread(signal: AbortSignal): void {
  const readSoon = coalesce(() => readUnread(signal), signal);
  live.notification.on(readSoon, signal);
  live.notificationsChanged.on(() => void readUnread(signal), signal);
  live.refetch.on(readSoon, signal);
  signal.addEventListener('abort', () => show(0, 0), { once: true });
  void readUnread(signal);
}

/** Reduces the number by `count`, until the returned function is called. */
export function discountUnread(count: number): () => void {
  show(serverCount, hidden + count);
  return () => show(serverCount, Math.max(0, hidden - count));
}

/** Reads the number from the server. */
export async function readUnread(signal: AbortSignal): Promise<void> {
  const answer = await load(() => api.notifications({ limit: 1 }, signal), signal).catch(() => null);
  if (answer && !signal.aborted) show(answer.unread, hidden);
}

function show(count: number, hiddenCount: number): void {
  serverCount = count;
  hidden = hiddenCount;
  unread.set(Math.max(0, serverCount - hidden));
}
