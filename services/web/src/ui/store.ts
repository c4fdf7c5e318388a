type Listener<T> = (value: T) => void;

/** An observable value. */
export class Store<T> {
  #value: T;
  #listeners = new Set<Listener<T>>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  /** Stores `value` and calls all listeners, unless it is the same. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
  }

  /** Calls `listener` now and on every change, until `signal` aborts. */
  watch(listener: Listener<T>, signal: AbortSignal): void {
    this.#add(listener, signal);
    if (!signal.aborted) listener(this.#value);
  }

  /** Calls `listener` on every change from now on, until `signal` aborts. */
  onChange(listener: Listener<T>, signal: AbortSignal): void {
    this.#add(listener, signal);
  }

  #add(listener: Listener<T>, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }
}

/** An event without a stored value. */
export class Topic<T> {
  #listeners = new Set<Listener<T>>();

  /** Calls all listeners. */
  emit(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` on every event, until `signal` aborts. */
  on(listener: Listener<T>, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }
}
