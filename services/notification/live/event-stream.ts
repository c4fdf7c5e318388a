import type { Response } from 'express';
import type { LiveEvent } from '#platform';

const HEARTBEAT_MS = 20_000;
const RECONNECT_MS = 2_000;
/** A reader that takes nothing is let go before it fills the memory; it comes again with its Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** An open `text/event-stream` answer. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly res: Response,
    readonly sessionId: string,
  ) {
    res.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    res.flushHeaders();
    this.write(`retry: ${RECONNECT_MS}\n: connected\n\n`);
    this.heartbeat = setInterval(() => this.write(': alive\n\n'), HEARTBEAT_MS);
    res.once('close', () => clearInterval(this.heartbeat));
  }

  send({ id, event, data }: LiveEvent): void {
    this.write(`${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** What was missed is not known: load everything again. */
  reset(): void {
    this.write('event: reset\ndata: {}\n\n');
  }

  close(): void {
    this.res.end();
  }

  private write(text: string): void {
    if (this.res.writableEnded) return;
    this.res.write(text);
    if (this.res.writableLength > MAX_BUFFERED_BYTES) this.res.destroy();
  }
}
