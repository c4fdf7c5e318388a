import { connection } from './connection';
import { isTemporary } from './problem';

/**
 * Retries a read with backoff while the server is unreachable or unavailable; the banner shows so meanwhile.
 * @throws other problems (404 and the like) at once, and the reason of `signal`
 */
export async function load<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTemporary(error)) throw error;
      await connection.pause(attempt, signal);
    }
  }
}
