import type { AnalyseMedia, AnalyserName } from '#contracts';
import {
  all,
  beginsWith,
  Dynamo,
  equals,
  missing,
  Outbox,
  shardOf,
  writeOrConfirm,
  type Change,
  type Condition,
} from '#platform';
import { takeOver } from '../claims';
import { parseMediaItem, type MediaItem, type MediaKey } from '../media.item';
import {
  isBlocked,
  isOpen,
  openAnalyses,
  queuedEntry,
  startsNextRun,
  type AnalysedEvent,
  type AnalysisEntry,
} from './analysis.entry';
import { analysedEvent, endedEntry, storedAnalysedEvent, type AnalysisEnding } from './analysis.events';

/** A wake-up that was not processed within this time is sent again by the sweep. */
const WAKE_UP_MS = 5_000;

/** A run of an analysis that a delivery holds. */
export interface ClaimedAnalysis {
  item: MediaItem;
  analyser: AnalyserName;
  entry: AnalysisEntry;
}

export type AnalysisClaim =
  | ({ outcome: 'claimed' } & ClaimedAnalysis)
  /** It crashed its worker too often: finish it as failed. */
  | ({ outcome: 'exhausted' } & ClaimedAnalysis)
  /** Another delivery holds the lease until `until`. */
  | { outcome: 'busy'; until: Date }
  | { outcome: 'deleted' }
  /** Ended already, or waiting for the analysis whose result it reads, which wakes it. */
  | { outcome: 'nothing_to_do' };

const entryPath = (name: AnalyserName) => ['analyses', name];
const notDeleted: Condition = missing('deletedAt');
const heldBy = (name: AnalyserName, token: string): Condition =>
  all(equals([...entryPath(name), 'token'], token), notDeleted);
const unchanged = (name: AnalyserName, { status, run, leaseUntil }: AnalysisEntry): Condition =>
  all(
    equals([...entryPath(name), 'status'], status),
    equals([...entryPath(name), 'run'], run),
    leaseUntil ? equals([...entryPath(name), 'leaseUntil'], leaseUntil) : missing([...entryPath(name), 'leaseUntil']),
    notDeleted,
  );
const fromNow = (delayMs: number) => new Date(Date.now() + delayMs).toISOString();

/**
 * The only writer of the analyses of a medium, which are on its item: queued -> running -> completed | failed |
 * skipped, and any end -> queued by the next run. As for media, each transition is one conditional write, its end also
 * adds an event to the outbox, and the writes of a delivery are fenced by its token.
 */
export class AnalysisRepository {
  constructor(private readonly dynamo: Dynamo) {}

  /** Claims a run for one delivery: a waiting one, or one whose lease has expired. */
  async claim(
    { userId, mediaId, analyser, run }: AnalyseMedia,
    token: string,
    leaseMs: number,
  ): Promise<AnalysisClaim> {
    const item = await this.get({ userId, id: mediaId });
    if (!item || item.deletedAt) return { outcome: 'deleted' };
    const before = item.analyses?.[analyser];
    if (!isOpen(before) || before.run !== run) return { outcome: 'nothing_to_do' };
    if (before.token === token) return { outcome: 'claimed', item, analyser, entry: before }; // an ambiguous write
    if (isBlocked(analyser, item.analyses)) return { outcome: 'nothing_to_do' };
    const possible = takeOver(before);
    if (possible.busyUntil) return { outcome: 'busy', until: possible.busyUntil };
    const { crashes, isExhausted } = possible;
    const startedAt = before.startedAt ?? new Date().toISOString();
    const entry = { ...before, status: 'running' as const, startedAt, crashes, token, leaseUntil: fromNow(leaseMs) };
    const claimed = await writeOrConfirm(
      () => this.writeEntry(item, analyser, entry, unchanged(analyser, before)),
      async () => {
        const now = await this.get(item);
        return now?.analyses?.[analyser]?.token === token ? now : null;
      },
    );
    if (!claimed) return { outcome: 'busy', until: new Date(Date.now() + leaseMs) };
    return { outcome: isExhausted ? 'exhausted' : 'claimed', item: claimed, analyser, entry };
  }

  /** Renews the lease. @returns false when the token no longer holds the claim: stop at once */
  async renew({ item, analyser }: ClaimedAnalysis, token: string, leaseMs: number, progress: number): Promise<boolean> {
    const set: NonNullable<Change['set']> = [
      [[...entryPath(analyser), 'leaseUntil'], fromNow(leaseMs)],
      [[...entryPath(analyser), 'progress'], progress],
    ];
    return (await this.write(item, { set, when: heldBy(analyser, token) })) !== null;
  }

  /** Records the reservation of a running analysis. @returns false when the token no longer holds the claim */
  async recordReservation(
    { item, analyser }: ClaimedAnalysis,
    token: string,
    { costMicros, costMonth }: Pick<AnalysisEntry, 'costMicros' | 'costMonth'>,
  ): Promise<boolean> {
    const set: NonNullable<Change['set']> = [
      [[...entryPath(analyser), 'costMicros'], costMicros],
      [[...entryPath(analyser), 'costMonth'], costMonth],
    ];
    return (await this.write(item, { set, when: heldBy(analyser, token) })) !== null;
  }

  /**
   * Releases a claim, so that the run may be claimed again from `retryAt` on. `isAttempt`: it counts as one; `state`:
   * what the next delivery needs to continue.
   */
  async release(
    { item, analyser, entry }: ClaimedAnalysis,
    token: string,
    retryAt: Date,
    { isAttempt = false, state }: { isAttempt?: boolean; state?: string } = {},
  ): Promise<void> {
    const path = entryPath(analyser);
    const set: NonNullable<Change['set']> = [
      [[...path, 'leaseUntil'], retryAt.toISOString()],
      ...(isAttempt ? [[[...path, 'attempts'], entry.attempts + 1] as const] : []),
      ...(state === undefined ? [] : [[[...path, 'state'], state] as const]),
    ];
    await this.write(item, { set, remove: [[...path, 'token']], when: heldBy(analyser, token) });
  }

  /** Ends a run in one fenced write. @returns null when fenced out: announce nothing */
  async finish(
    claimed: ClaimedAnalysis,
    token: string,
    ending: AnalysisEnding,
  ): Promise<{ item: MediaItem; event: AnalysedEvent } | null> {
    const { item, analyser } = claimed;
    const at = new Date().toISOString();
    const entry = endedEntry(claimed.entry, token, ending, at);
    const event = analysedEvent(item, analyser, entry, ending);
    const set = [
      ...Object.entries({ ...(ending.status === 'completed' && ending.found), updatedAt: at }),
      ...Outbox.addEvent(item.id, storedAnalysedEvent(event)),
    ];
    const isLast = openAnalyses({ ...item.analyses, [analyser]: entry }).length === 0;
    return writeOrConfirm(
      async () => {
        const after =
          (isLast && (await this.endLast(claimed, token, entry, set))) ||
          (await this.writeEntry(item, analyser, entry, heldBy(analyser, token), set));
        return after && { item: after, event };
      },
      async () => {
        const now = await this.get(item);
        const isOurs = now?.analyses?.[analyser]?.completedAt === entry.completedAt && !now.deletedAt;
        return isOurs ? { item: now, event } : null;
      },
    );
  }

  /**
   * Starts the next run of analyses. Those that wait or work already are left as they are, and completed ones unless
   * `again`.
   * @throws {DependencyUnavailableError} when its outbox is full: very many runs while no event could be delivered
   * @returns the medium with its analyses, or null when it is not completed
   */
  async request(
    key: MediaKey,
    starts: ReadonlyArray<Pick<AnalysisEntry, 'provider' | 'model'> & { analyser: AnalyserName }>,
    again: boolean,
  ): Promise<MediaItem | null> {
    for (;;) {
      const item = await this.get(key);
      if (!item || item.deletedAt || item.status !== 'completed') return null;
      Outbox.assertNotFull(item);
      const due = starts.filter(({ analyser }) => startsNextRun(item.analyses?.[analyser], again));
      if (due.length === 0) return item;
      const entries = due.map(({ analyser, provider, model }) => {
        const by = { provider, model, requestedBy: 'owner' as const };
        return [analyser, queuedEntry(by, item.analyses?.[analyser])] as const;
      });
      const when = due.map(({ analyser }) => {
        const before = item.analyses?.[analyser];
        return before ? unchanged(analyser, before) : missing(entryPath(analyser));
      });
      const open = { openShard: shardOf(item.id), openAt: fromNow(WAKE_UP_MS), updatedAt: new Date().toISOString() };
      const set = item.analyses
        ? entries.map(([name, entry]) => [entryPath(name), entry] as const)
        : [['analyses', Object.fromEntries(entries)] as const]; // of a version without analyses
      const change = {
        set: [...Object.entries(open), ...set],
        when: all(equals('status', 'completed'), ...when, notDeleted),
      };
      const written = await this.write(item, change);
      if (written) return written;
    }
  }

  /** Returns the media of a user with exactly these bytes. */
  async withSameBytes(userId: string, sha256: string): Promise<MediaItem[]> {
    const where = all(equals('userId', userId), beginsWith('bySha256', `${sha256}#`));
    return (await Array.fromAsync(this.dynamo.queryAll('media', { index: 'bySha256', where }))).map(parseMediaItem);
  }

  private async get({ userId, id }: MediaKey): Promise<MediaItem | null> {
    const row = await this.dynamo.get('media', { userId, id });
    return row && parseMediaItem(row);
  }

  /** Also removes the medium from the sweep. @returns null when another run may have been started meanwhile */
  private endLast(
    { item, analyser }: ClaimedAnalysis,
    token: string,
    entry: AnalysisEntry,
    set: NonNullable<Change['set']>,
  ): Promise<MediaItem | null> {
    const when = all(heldBy(analyser, token), equals('openAt', item.openAt));
    return this.write(item, { set: [[entryPath(analyser), entry], ...set], remove: ['openShard', 'openAt'], when });
  }

  private writeEntry(
    item: MediaItem,
    name: AnalyserName,
    entry: AnalysisEntry,
    when: Condition,
    set: NonNullable<Change['set']> = [['updatedAt', new Date().toISOString()]],
  ): Promise<MediaItem | null> {
    return this.write(item, { set: [[entryPath(name), entry], ...set], when });
  }

  private async write({ userId, id }: MediaKey, change: Change & { when: Condition }): Promise<MediaItem | null> {
    const row = await this.dynamo.update('media', { userId, id }, change);
    return row && parseMediaItem(row);
  }
}
