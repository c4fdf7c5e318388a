/** Notifies holders of open connections (event streams) that the process is about to stop. */
export class ShutdownSignal {
  private readonly listeners = new Set<() => void>();
  private isStopping = false;

  /** Calls `listener` immediately if the process is already stopping. @returns a function that removes it */
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
