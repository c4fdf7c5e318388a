/** The message of a child process to the supervisor when it is ready. */
export interface Ready {
  /** The URL of a process that serves HTTP. */
  url?: string;
  /** The port of its health and metrics. */
  opsPort?: number;
}

/** Reports readiness to the supervisor; does nothing in a process without one. */
export function announceReady(ready: Ready = {}): void {
  if (process.connected) process.send?.({ type: 'ready', ...ready });
}

const SHUTDOWN_LIMIT_MS = 10_000;

/**
 * Stops this process when the supervisor has ended: one that was killed cannot stop its children, but its IPC channel
 * disconnects. They shut down as on SIGTERM, but within 10 s: the next start may be waiting for the port.
 */
export function stopWithParent(stop: () => Promise<void>): void {
  if (!process.send) return; // started by hand
  const shutDown = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    void stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  if (!process.connected) return shutDown();
  process.once('disconnect', shutDown);
  process.channel?.unref(); // the listener must not keep a finished process running
}
