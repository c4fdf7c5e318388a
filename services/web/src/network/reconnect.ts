import { api } from './api';
import { connection, type Part } from './connection';

/** The cheapest question to each. */
const questions: Record<Part, (signal: AbortSignal) => Promise<unknown>> = {
  auth: (signal) => api.me(signal),
  media: (signal) => api.stats(signal),
  notifications: (signal) => api.notifications({ limit: 1 }, signal),
};

/**
 * Asks the parts of the server that are away again until each answers, which takes the banner away (see api): a change
 * that was refused is repeated by nobody, and the banner would stay. The browser's own word that it is offline counts, too.
 */
export function startReconnecting(signal: AbortSignal): void {
  let isHealing = false;
  const heal = async (): Promise<void> => {
    if (isHealing) return;
    isHealing = true;
    for (let attempt = 0; connection.state.value !== 'ok' && !signal.aborted; attempt += 1) {
      await connection.pause(attempt, signal).catch(() => undefined);
      if (!signal.aborted)
        await Promise.all(connection.lostParts.map((part) => questions[part](signal).catch(() => undefined)));
    }
    isHealing = false;
  };
  connection.state.watch((state) => state !== 'ok' && void heal(), signal);
  globalThis.addEventListener('offline', () => connection.markLost('unreachable', 'auth'), { signal });
}
