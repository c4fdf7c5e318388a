import { Injectable, Logger } from '@nestjs/common';
import { MediaRecount, WordIndex, parsePartitionKey } from '#media';
import { ScheduledJob } from '#nest';
import { Dynamo, Locks } from '#platform';
import { OrphanFiles, STALE_MS } from './orphan-files';

const SCHEDULE = { name: 'sweep:daily', everyMs: 10 * 60_000, lockMs: 60_000 };
const PERIOD_MS = 23 * 3_600_000;

/** Once a day, by one worker: counts anew, and takes away what nobody needs any more and no event leads to. */
@Injectable()
export class DailySweep extends ScheduledJob {
  private readonly log = new Logger(DailySweep.name);

  constructor(
    locks: Locks,
    private readonly dynamo: Dynamo,
    private readonly recount: MediaRecount,
    private readonly words: WordIndex,
    private readonly orphans: OrphanFiles,
  ) {
    super(locks, SCHEDULE);
  }

  sweep(signal?: AbortSignal): Promise<void> {
    return this.locks.oncePer(SCHEDULE.name, PERIOD_MS, () => this.sweepAll(new Date(), signal));
  }

  /** @throws the reason of `signal`: what broke off is done anew, by whoever is next. */
  async sweepAll(now = new Date(), signal?: AbortSignal): Promise<void> {
    const staleAt = new Date(now.getTime() - STALE_MS);
    const users = await this.deleteExpiredRows(now, signal);
    let drifted = 0;
    let words = 0;
    for (const userId of users) {
      signal?.throwIfAborted();
      const corrected = await this.recount.correct(userId);
      for (const drift of corrected) this.log.warn({ ...drift, msg: 'a count had drifted and was corrected' });
      drifted += corrected.length;
      words += await this.words.prune(userId, staleAt);
    }
    const folders = await this.orphans.erase(now, signal);
    this.log.log({ users: users.size, drifted, words, folders, msg: 'the daily sweep is through' });
  }

  /** Everybody with anything in the table. */
  private async deleteExpiredRows(now: Date, signal?: AbortSignal): Promise<Set<string>> {
    const users = new Set<string>();
    for await (const { userId } of this.dynamo.sweepExpired('media', now)) {
      signal?.throwIfAborted();
      users.add(parsePartitionKey(userId!).userId);
    }
    return users;
  }
}
