/** What a child tells the supervisor when it does its work. */
export interface Ready {
  /** Where it can be reached, for those who serve. */
  url?: string;
}

/** A process that nobody supervises says it to nobody. */
export function announceReady(ready: Ready = {}): void {
  if (process.connected) process.send?.({ type: 'ready', ...ready });
}

const LIMIT_MS = 10_000;

/**
 * A supervisor that was killed can stop nobody; the end of its IPC channel is how its children notice.
 * They stop as they would on SIGTERM, but within 10 s: the next start may be waiting for the port.
 */
export function stopWithParent(stop: () => Promise<void>): void {
  if (!process.send) return; // started by hand
  const leave = () => {
    setTimeout(() => process.exit(1), LIMIT_MS).unref();
    void stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  if (!process.connected) return leave();
  process.once('disconnect', leave);
  process.channel?.unref(); // listening must not keep a process alive that is done
}
