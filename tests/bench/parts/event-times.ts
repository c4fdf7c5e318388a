import { setTimeout as sleep } from 'node:timers/promises';
import type { Media } from '#contracts';
import { EventReader, type ApiClient } from '#testing';

/** After the last change of status, for its event. */
const GRACE_MS = 500;

/** Follows the events of a user, with the time from each change of status to its event. */
export class EventTimes {
  private constructor(private readonly reader: EventReader) {}

  static async open(api: ApiClient): Promise<EventTimes> {
    return new EventTimes(await EventReader.open(api));
  }

  /** Resolves when the medium is completed. */
  async completed(id: string): Promise<void> {
    while (!this.media().some(({ media }) => media.id === id && media.status === 'completed')) await sleep(2);
  }

  /** @returns the delays in ms, of the first event of each status */
  async close(): Promise<number[]> {
    await sleep(GRACE_MS);
    await this.reader.close();
    const delays = new Map<string, number>();
    for (const { media, receivedAt } of this.media()) {
      const { status, at } = media.history.at(-1)!;
      const change = `${media.id} ${status}`;
      if (!delays.has(change)) delays.set(change, receivedAt - Date.parse(at));
    }
    return [...delays.values()];
  }

  private media(): Array<{ media: Media; receivedAt: number }> {
    return this.reader.events
      .filter(({ event }) => event === 'media')
      .map(({ data, receivedAt }) => ({ media: data as Media, receivedAt }));
  }
}
