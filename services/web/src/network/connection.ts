import { Store } from '../ui/store';

/** `unreachable`: no response. `unavailable`: the server responds with 502, 503 or 504. */
export type ConnectionState = 'ok' | 'unreachable' | 'unavailable';

/** The services behind the one address, each of which may be unavailable alone. */
export type Part = 'auth' | 'media' | 'notifications';

/** Backoff: the delay before each attempt; the last value repeats. */
const retryMs = [1_000, 2_000, 4_000, 8_000, 15_000];

class Connection {
  readonly state = new Store<ConnectionState>('ok');
  readonly #lost = new Map<Part, 'unreachable' | 'unavailable'>();

  get lostParts(): Part[] {
    return [...this.#lost.keys()];
  }

  /** Records a failed request to `part`. */
  markLost(state: 'unreachable' | 'unavailable', part: Part): void {
    this.#lost.set(part, state);
    this.#update();
  }

  /** Records a response of `part`. */
  markRestored(part: Part): void {
    this.#lost.delete(part);
    this.#update();
  }

  #update(): void {
    const states = [...this.#lost.values()];
    this.state.set(states.find((state) => state === 'unreachable') ?? states[0] ?? 'ok');
  }

  /**
   * Waits before attempt number `attempt` (0, 1, …); resolves at once when the browser comes online.
   * @throws the reason of `signal` when it aborts
   */
  async pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const delayMs = retryMs[Math.min(attempt, retryMs.length - 1)] ?? 15_000;
    await new Promise<void>((resolve, reject) => {
      const cleanUpThen = (finish: () => void) => () => {
        clearTimeout(timer);
        globalThis.removeEventListener('online', wake);
        signal?.removeEventListener('abort', stop);
        finish();
      };
      const wake = cleanUpThen(resolve);
      const stop = cleanUpThen(() => reject(signal?.reason as Error));
      const timer = setTimeout(wake, delayMs);
      globalThis.addEventListener('online', wake);
      signal?.addEventListener('abort', stop);
    });
  }
}

export const connection = new Connection();
