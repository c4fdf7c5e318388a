import { Injectable, Logger } from '@nestjs/common';
import { MediaRecount, MediaTable, WordIndex } from '#media';
import { ScheduledJob } from '#nest';
import { Locks } from '#platform';
import { OrphanFiles, STALE_MS } from './orphan-files';

const SCHEDULE = { name: 'sweep:daily', everyMs: 10 * 60_000, lockMs: 60_000 };
const PERIOD_MS = 23 * 3_600_000;

/** Daily, on one worker: deletes expired rows, recounts media, and erases stale search words and orphaned files. */
@Injectable()
export class DailySweep extends ScheduledJob {
  private readonly log = new Logger(DailySweep.name);

  constructor(
    locks: Locks,
    private readonly table: MediaTable,
    private readonly recount: MediaRecount,
    private readonly words: WordIndex,
    private readonly orphans: OrphanFiles,
  ) {
    super(locks, SCHEDULE);
  }

  sweep(signal?: AbortSignal): Promise<void> {
    return this.locks.oncePer(SCHEDULE.name, PERIOD_MS, () => this.sweepAll(new Date(), signal));
  }

  /** @throws the reason of `signal`; the next run starts over */
  async sweepAll(now = new Date(), signal?: AbortSignal): Promise<void> {
    const staleAt = new Date(now.getTime() - STALE_MS);
    const users = await this.deleteExpiredRows(now, signal);
    let drifted = 0;
    let words = 0;
    for (const userId of users) {
      signal?.throwIfAborted();
      const corrected = await this.recount.correct(userId);
      for (const drift of corrected) this.log.warn({ ...drift, msg: 'corrected a drifted count' });
      drifted += corrected.length;
      words += await this.words.prune(userId, staleAt);
    }
    const folders = await this.orphans.erase(now, signal);
    this.log.log({ users: users.size, drifted, words, folders, msg: 'daily sweep finished' });
  }

  /** Deletes expired rows. Returns every user with rows in the table. */
  private async deleteExpiredRows(now: Date, signal?: AbortSignal): Promise<Set<string>> {
    const users = new Set<string>();
    for await (const userId of this.table.sweepExpired(now)) {
      signal?.throwIfAborted();
      users.add(userId);
    }
    return users;
  }
}
