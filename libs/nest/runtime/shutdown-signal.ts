/** Tells those who keep a connection open (event streams) that the process is about to stop. */
export class ShutdownSignal {
  private readonly listeners = new Set<() => void>();
  private isStopping = false;

  /** @returns a function that takes the listener off again. Called at once when the process is stopping already. */
  onStopping(listener: () => void): () => void {
    if (this.isStopping) listener();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  announce(): void {
    this.isStopping = true;
    for (const listener of this.listeners) listener();
  }
}
