import { api } from './api';
import { connection, type Part } from './connection';

/** The cheapest request to each part. */
const probes: Record<Part, (signal: AbortSignal) => Promise<unknown>> = {
  auth: (signal) => api.me(signal),
  media: (signal) => api.stats(signal),
  notifications: (signal) => api.notifications({ limit: 1 }, signal),
};

/**
 * Requests the unavailable parts of the server with backoff until each responds, which hides the banner (see api):
 * failed changes are not retried, so nothing else would hide it. Starts also when the browser reports to be offline.
 */
export function startReconnecting(signal: AbortSignal): void {
  let isProbing = false;
  const probe = async (): Promise<void> => {
    if (isProbing) return;
    isProbing = true;
    for (let attempt = 0; connection.state.value !== 'ok' && !signal.aborted; attempt += 1) {
      await connection.pause(attempt, signal).catch(() => undefined);
      if (!signal.aborted)
        await Promise.all(connection.lostParts.map((part) => probes[part](signal).catch(() => undefined)));
    }
    isProbing = false;
  };
  connection.state.watch((state) => state !== 'ok' && void probe(), signal);
  globalThis.addEventListener('offline', () => connection.markLost('unreachable', 'auth'), { signal });
}
