import type { Response } from 'express';
import { onClose, type SessionUser } from '#nest';
import type { LiveEvent } from '#platform';

const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = 2_000;
/** A reader that takes nothing is let go before it fills the memory; it comes again with its Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** A `text/event-stream` answer. Events that are sent before `begin` are kept until then. */
export class EventStream {
  private readonly end = new AbortController();
  private early: LiveEvent[] | null = [];

  constructor(
    private readonly res: Response,
    readonly user: SessionUser,
  ) {
    onClose(res, () => this.end.abort());
  }

  /** Aborts once: when the stream was closed, or the connection is gone. */
  get ended(): AbortSignal {
    return this.end.signal;
  }

  /** Opens the stream and sends what the reader missed, then what came meanwhile. `missed` null: not known, load everything again. */
  begin(missed: LiveEvent[] | null): void {
    if (this.ended.aborted) return;
    this.sendHead();
    this.write(`retry: ${RECONNECT_MS}\n: connected\n\n`);
    const heartbeat = setInterval(() => this.write(': alive\n\n'), HEARTBEAT_MS);
    this.ended.addEventListener('abort', () => clearInterval(heartbeat));
    if (missed === null) this.write('event: reset\ndata: {}\n\n');
    const replayed = new Set(missed?.map(({ id }) => id));
    const early = (this.early ?? []).filter(({ id }) => !id || !replayed.has(id));
    this.early = null;
    for (const event of [...(missed ?? []), ...early]) this.send(event);
  }

  send(event: LiveEvent): void {
    if (this.early) this.early.push(event);
    else
      this.write(
        `${event.id ? `id: ${event.id}\n` : ''}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`,
      );
  }

  /** The reader comes again after a moment, if its session allows it. */
  close(): void {
    if (!this.res.headersSent) this.sendHead(); // or the browser would not come again
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
