import { Injectable } from '@nestjs/common';
import { MediaLists } from '#media';
import { ScheduledJob } from '#nest';
import { Locks } from '#platform';
import { CollectedMails, type DueMail } from './collected-mails';
import { MediaLetters } from './media-letters';

const SCHEDULE = { name: 'sweep:mails', everyMs: 60_000, lockMs: 60_000 };
/** A drop is finished when nothing of it is open and nothing ended in this time: its next file may be on its way. */
const QUIET_MS = 60_000;
const PAGE = 100;

/** Sends the mails about finished drops, and the daily ones. */
@Injectable()
export class MailSweep extends ScheduledJob {
  constructor(
    locks: Locks,
    private readonly collected: CollectedMails,
    private readonly letters: MediaLetters,
    private readonly media: MediaLists,
  ) {
    super(locks, SCHEDULE);
  }

  sweep(signal?: AbortSignal): Promise<void> {
    return this.sendDue(new Date(), signal);
  }

  /** Sends what is due at `now`. Repeated after a crash: what was sent is recorded. */
  async sendDue(now: Date, signal?: AbortSignal): Promise<void> {
    for await (const due of this.collected.due(now)) {
      signal?.throwIfAborted();
      if (due.collection.startsWith('drop#') && !(await this.isFinished(due, now))) continue;
      const media = await this.collected.media(due);
      if (media.length > 0) await this.letters.sendCollection(due.userId, due.collection, due.touchedAt, media);
      await this.collected.remove(due);
    }
  }

  private async isFinished({ userId, collection, touchedAt }: DueMail, now: Date): Promise<boolean> {
    if (now.getTime() - Date.parse(touchedAt) < QUIET_MS) return false;
    for (const status of ['uploaded', 'processing'] as const) {
      for (let lastId: string | undefined; ;) {
        const page = await this.media.page(userId, { status, order: 'asc', limit: PAGE }, lastId);
        if (page.items.some(({ batchId }) => `drop#${batchId}` === collection)) return false;
        if (!page.nextId) break;
        lastId = page.nextId;
      }
    }
    return true;
  }
}
