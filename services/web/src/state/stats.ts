import type { MediaStats, MediaStatus } from '#contracts';
import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { coalesce } from '../ui/coalesce';
import { Store } from '../ui/store';

/** Counts and bytes of the library; null before the first response. Shared by the navigation and the dashboard. */
export const stats = new Store<MediaStats | null>(null);

/** The server counts a change after it has pushed it, so the counts are read again when no other change follows. */
const countedMs = 3_000;

/** Reads `stats` after each change, with one request for a burst of changes, until `signal` aborts. */
export function connectStats(signal: AbortSignal): void {
  const seen = new Map<string, MediaStatus>();
  const readSoon = coalesce(() => read(signal), signal);
  let counted: ReturnType<typeof setTimeout> | undefined;
  const refresh = (): void => {
    readSoon();
    clearTimeout(counted);
    counted = setTimeout(readSoon, countedMs);
  };
  live.media.on((media) => {
    // Progress alone changes no count.
    if (seen.get(media.id) === media.status) return;
    seen.set(media.id, media.status);
    refresh();
  }, signal);
  live.notification.on(refresh, signal);
  live.mediaDeleted.on(refresh, signal);
  live.refetch.on(refresh, signal);
  signal.addEventListener('abort', () => stats.set(null), { once: true });
  void read(signal);
}

async function read(signal: AbortSignal): Promise<void> {
  const fresh = await load(() => api.stats(signal), signal).catch(() => null);
  if (fresh && !signal.aborted) stats.set(fresh);
}
