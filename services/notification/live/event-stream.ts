import type { Response } from 'express';
import { onClose, type SessionUser } from '#nest';
import type { LiveEvent } from '#platform';

const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = 2_000;
/** Backpressure limit: a connection with more unread bytes is closed; the browser reconnects with its Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** A `text/event-stream` response. Events that are sent before `begin` are buffered until then. */
export class EventStream {
  private readonly end = new AbortController();
  private buffered: LiveEvent[] | null = [];

  constructor(
    private readonly res: Response,
    readonly user: SessionUser,
  ) {
    onClose(res, () => this.end.abort());
  }

  /** Aborts when the stream or its connection is closed. */
  get ended(): AbortSignal {
    return this.end.signal;
  }

  /**
   * Opens the stream; sends the missed events, then the buffered ones. `missed` null: they are not known, and the page
   * is asked to reload everything.
   */
  begin(missed: LiveEvent[] | null): void {
    if (this.ended.aborted) return;
    this.sendHead();
    this.write(`retry: ${RECONNECT_MS}\n: connected\n\n`);
    const heartbeat = setInterval(() => this.write(': alive\n\n'), HEARTBEAT_MS);
    this.ended.addEventListener('abort', () => clearInterval(heartbeat));
    if (missed === null) this.write('event: reset\ndata: {}\n\n');
    const replayed = new Set(missed?.map(({ id }) => id));
    const buffered = (this.buffered ?? []).filter(({ id }) => !id || !replayed.has(id));
    this.buffered = null;
    for (const event of [...(missed ?? []), ...buffered]) this.send(event);
  }

  send(event: LiveEvent): void {
    if (this.buffered) this.buffered.push(event);
    else
      this.write(
        `${event.id ? `id: ${event.id}\n` : ''}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`,
      );
  }

  /** Closes the stream. The browser reconnects after 2 s, if its session is still valid. */
  close(): void {
    if (!this.res.headersSent) this.sendHead(); // without it the browser would not reconnect
    this.res.end();
    this.end.abort();
  }

  private sendHead(): void {
    this.res.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.res.flushHeaders();
  }

  private write(text: string): void {
    if (this.res.writableEnded) return;
    this.res.write(text);
    if (this.res.writableLength > MAX_BUFFERED_BYTES) this.res.destroy();
  }
}
