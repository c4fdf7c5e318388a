import { setTimeout as sleep } from 'node:timers/promises';
import type { Notification } from '#contracts';
import { EventReader, type ApiClient } from '#testing';

const RECONNECT_MS = 500;

/** The event stream of an open page: reconnects with its Last-Event-ID when the stream ends, as EventSource does. */
export class Inbox {
  /** By medium: the ids of its notifications, in the order of arrival. */
  readonly notificationIds = new Map<string, string[]>();
  /** How often events may have been missed for good; a page then loads everything again. */
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
        if (event === 'notification') this.record(data as Notification);
        if (event === 'reset') this.gaps += 1;
      }
      if (this.isOpen && !lastEventId) this.gaps += 1;
      await sleep(RECONNECT_MS);
    }
  }

  private record({ id, mediaId }: Notification): void {
    if (mediaId) this.notificationIds.set(mediaId, [...(this.notificationIds.get(mediaId) ?? []), id]);
  }
}
