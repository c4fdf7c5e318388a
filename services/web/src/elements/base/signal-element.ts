/** An element whose listeners and requests end when it leaves the page. */
export abstract class SignalElement extends HTMLElement {
  #controller: AbortController | undefined;

  connectedCallback(): void {
    this.#controller = new AbortController();
    this.connected(this.#controller.signal);
  }

  disconnectedCallback(): void {
    this.#controller?.abort();
  }

  /** Renders and starts to listen, until `signal` aborts. */
  protected abstract connected(signal: AbortSignal): void;
}
