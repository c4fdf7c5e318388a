import { Injectable } from '@nestjs/common';
import type { AdminOverview } from '#contracts';
import { AnalysisBudget, MediaCounters, MediaDirectory } from '#media';
import { Directory, Dynamo } from '#platform';

export type Totals = Pick<AdminOverview, 'users' | 'media' | 'storage' | 'failures' | 'analysis'>;

/** How old totals may be. A refresh reads one small partition for each account (one read unit), so it must be rare. */
const CACHE_MS = 30_000;
const DAY_MS = 86_400_000;
/** How many accounts are read at once. */
const PARALLEL = 16;

/**
 * Sums over all accounts, from the counts of each, while an admin looks at them. Counts of the whole installation would
 * cost another write for each event of each medium.
 */
@Injectable()
export class InstallationTotals {
  private readonly users: Directory;
  private cached: { at: number; totals: Promise<Totals> } | null = null;

  constructor(
    dynamo: Dynamo,
    private readonly counters: MediaCounters,
    private readonly directory: MediaDirectory,
    private readonly budget: AnalysisBudget,
  ) {
    this.users = new Directory(dynamo, 'users');
  }

  /** At most {@link CACHE_MS} old; concurrent calls share one refresh. */
  read(now = Date.now()): Promise<Totals> {
    if (!this.cached || now - this.cached.at > CACHE_MS) {
      const totals = this.sum(now);
      this.cached = { at: now, totals };
      totals.catch(() => (this.cached = null));
    }
    return this.cached.totals;
  }

  private async sum(now: number): Promise<Totals> {
    const [users, failures, analysis] = await Promise.all([
      this.userIds(),
      this.recentFailures(now),
      this.budget.readInstallation(new Date(now)),
    ]);
    const media = { total: 0, uploaded: 0, processing: 0, completed: 0, failed: 0 };
    const storage = { bytes: 0, originalBytes: 0 };
    for (let from = 0; from < users.length; from += PARALLEL) {
      const counts = await Promise.all(users.slice(from, from + PARALLEL).map((id) => this.counters.read(id)));
      for (const count of counts) {
        for (const name of Object.keys(media) as Array<keyof typeof media>) media[name] += count[name];
        for (const name of Object.keys(storage) as Array<keyof typeof storage>) storage[name] += count[name];
      }
    }
    return { users: { total: users.length }, media, storage, failures, analysis };
  }

  private async userIds(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id } of this.users.all()) ids.push(id);
    return ids;
  }

  /** Of the media that are failed, those of the last 24 hours, by code, the most frequent first. */
  private async recentFailures(now: number): Promise<Totals['failures']> {
    const since = new Date(now - DAY_MS).toISOString();
    const counts = new Map<string, number>();
    for await (const { code, failedAt } of this.directory.allFailed())
      if (failedAt >= since) counts.set(code, (counts.get(code) ?? 0) + 1);
    return [...counts].map(([code, count]) => ({ code, count })).toSorted((a, b) => b.count - a.count);
  }
}
