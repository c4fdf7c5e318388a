/** An element whose listeners and requests end when it is removed from the page. */
export abstract class SignalElement extends HTMLElement {
  #controller: AbortController | undefined;

  connectedCallback(): void {
    this.#controller = new AbortController();
    this.connected(this.#controller.signal);
  }

  disconnectedCallback(): void {
    this.#controller?.abort();
  }

  /** Called when the element is added to the page: renders, and listens until `signal` aborts. */
  protected abstract connected(signal: AbortSignal): void;
}
