import { setTimeout as sleep } from 'node:timers/promises';
import type { Notification } from '#contracts';
import { EventReader, type ApiClient } from '#testing';

const RECONNECT_MS = 500;

/** What an open page hears: comes back with its Last-Event-ID whenever the stream ends, as EventSource does. */
export class Inbox {
  /** By medium: the ids of its notifications, in the order in which they came. */
  readonly heard = new Map<string, string[]>();
  /** How often something may have been missed for good: what a page answers by loading everything again. */
  gaps = 0;
  private isOpen = true;
  private reader: EventReader | null = null;
  private readonly listening: Promise<void>;

  constructor(private readonly api: ApiClient) {
    this.listening = this.listen();
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.reader?.close();
    await this.listening;
  }

  private async listen(): Promise<void> {
    let lastEventId: string | undefined;
    while (this.isOpen) {
      this.reader = await EventReader.open(this.api, lastEventId).catch(() => null);
      await this.reader?.closed;
      for (const { id, event, data } of this.reader?.events ?? []) {
        if (id) lastEventId = id;
        if (event === 'notification') this.take(data as Notification);
        if (event === 'reset') this.gaps += 1;
      }
      if (this.isOpen && !lastEventId) this.gaps += 1;
      await sleep(RECONNECT_MS);
    }
  }

  private take({ id, mediaId }: Notification): void {
    if (mediaId) this.heard.set(mediaId, [...(this.heard.get(mediaId) ?? []), id]);
  }
}
