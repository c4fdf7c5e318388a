import type { ApiClient } from './api-client';
import { eventually } from './api-client';

export interface ServerEvent {
  id: string | null;
  event: string;
  data: unknown;
  /** In ms since 1970. */
  receivedAt: number;
}

/** Reads `/api/events` like an EventSource, and collects the events. */
export class EventReader {
  readonly events: ServerEvent[] = [];
  comments = 0;
  private readonly abort = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  static async open(api: ApiClient, lastEventId?: string): Promise<EventReader> {
    const reader = new EventReader();
    const headers = {
      ...api.headers,
      ...(api.cookie && { cookie: api.cookie }),
      accept: 'text/event-stream',
      ...(lastEventId && { 'last-event-id': lastEventId }),
    };
    const response = await fetch(new URL('/api/events', api.baseUrl), { headers, signal: reader.abort.signal });
    if (response.status !== 200) throw new Error(`Expected an event stream, but received ${response.status}`);
    reader.ended = reader.read(response.body!).catch(() => {});
    return reader;
  }

  /** Resolves when the server has ended the stream, or after `close`. */
  get closed(): Promise<void> {
    return this.ended;
  }

  /** Resolves with all events so far once `isReached` accepts them. */
  async until(isReached: (events: ServerEvent[]) => boolean, timeoutMs = 20_000): Promise<ServerEvent[]> {
    return eventually(() => Promise.resolve(this.events), isReached, timeoutMs);
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) this.parseBlock(block);
    }
  }

  private parseBlock(block: string): void {
    const lines = block.split('\n');
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
    if (lines.some((line) => line.startsWith(':'))) this.comments += 1;
    const data = field('data');
    if (data !== null)
      this.events.push({
        id: field('id'),
        event: field('event') ?? 'message',
        data: JSON.parse(data),
        receivedAt: Date.now(),
      });
  }
}
