type Listener<T> = (value: T) => void;

/** A value that can be watched. */
export class Store<T> {
  #value: T;
  #listeners = new Set<Listener<T>>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

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

/** Something that happens again and again, without a value to keep. */
export class Topic<T> {
  #listeners = new Set<Listener<T>>();

  emit(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }

  on(listener: Listener<T>, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }
}
