import { connection } from './connection';
import { isTemporary } from './problem';

/**
 * Repeats a read until it is answered: a lost connection heals by itself, meanwhile the banner says so.
 * Refusals (404 and the like) are thrown at once.
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
