import { Store } from './store';

/** `unreachable`: no answer at all. `unavailable`: the server answers that a part of it is away. */
export type ConnectionState = 'ok' | 'unreachable' | 'unavailable';

const retryMs = [1_000, 2_000, 4_000, 8_000, 15_000];

class Connection {
  readonly state = new Store<ConnectionState>('ok');

  lost(state: 'unreachable' | 'unavailable'): void {
    this.state.set(state);
  }

  back(): void {
    this.state.set('ok');
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
