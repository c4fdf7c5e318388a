import { Store } from '../ui/store';

/** `unreachable`: no answer at all. `unavailable`: the server answers that a part of it is away. */
export type ConnectionState = 'ok' | 'unreachable' | 'unavailable';

/** The services behind the one address; each may be away alone. */
export type Part = 'auth' | 'media' | 'notifications';

const retryMs = [1_000, 2_000, 4_000, 8_000, 15_000];

class Connection {
  readonly state = new Store<ConnectionState>('ok');
  readonly #lost = new Map<Part, 'unreachable' | 'unavailable'>();

  get lostParts(): Part[] {
    return [...this.#lost.keys()];
  }

  markLost(state: 'unreachable' | 'unavailable', part: Part): void {
    this.#lost.set(part, state);
    this.#update();
  }

  markRestored(part: Part): void {
    this.#lost.delete(part);
    this.#update();
  }

  #update(): void {
    const states = [...this.#lost.values()];
    this.state.set(states.find((state) => state === 'unreachable') ?? states[0] ?? 'ok');
  }

  /** Waits before the try number `attempt` (0, 1, …); ends at once when the browser comes online. */
  async pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const delayMs = retryMs[Math.min(attempt, retryMs.length - 1)] ?? 15_000;
    await new Promise<void>((resolve, reject) => {
      const done = (finish: () => void) => () => {
        clearTimeout(timer);
        globalThis.removeEventListener('online', wake);
        signal?.removeEventListener('abort', stop);
        finish();
      };
      const wake = done(resolve);
      const stop = done(() => reject(signal?.reason as Error));
      const timer = setTimeout(wake, delayMs);
      globalThis.addEventListener('online', wake);
      signal?.addEventListener('abort', stop);
    });
  }
}

export const connection = new Connection();
