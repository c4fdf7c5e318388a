import { statusesBefore, type FailureCode, type MediaStatus } from '#contracts';
import {
  all,
  any,
  beginsWith,
  Dynamo,
  equals,
  exists,
  missing,
  Outbox,
  shardOf,
  sizeBelow,
  sizeIs,
  writeOrConfirm,
  type Change,
  type Condition,
} from '#platform';
import type { AutomaticAnalyses } from '../analysis/analysis-preferences';
import { openAnalyses, type AnalysisEntries } from '../analysis/analysis.entry';
import { takeOver } from '../claims';
import { deletedEvent, mediaEvent, storedEvent } from '../media.events';
import { listKeys, parseMediaItem, type MediaEvent, type MediaItem, type MediaKey } from '../media.item';
import {
  applyClaim,
  applyEnding,
  applyRetry,
  changedFields,
  hasExhaustedRetries,
  MAX_HISTORY,
  type Ending,
} from '../media.moves';

/** Limit of internal errors in one round, outages not counted. */
const MAX_ERRORS = 5;
/** A wake-up that was not processed within this time is sent again by the sweep. */
const WAKE_UP_MS = 5_000;
/** As `WAKE_UP_MS`, for the analyses of a medium, which may wait for hours behind those of others. */
const ANALYSIS_WAKE_UP_MS = 60_000;

export type Claim =
  | { outcome: 'claimed'; item: MediaItem; exclusive: boolean; announced: MediaEvent | null }
  /** Another delivery holds the lease until `until`. */
  | { outcome: 'busy'; until: Date }
  /** It crashed its worker too often: finish it as failed, do not process it. */
  | { outcome: 'exhausted'; item: MediaItem; code: FailureCode; announced: MediaEvent | null }
  /** Deleted, completed or failed already. */
  | { outcome: 'nothing_to_do' };

/** A medium as its wake-up names it. */
export type WokenMedium = Pick<MediaItem, keyof MediaKey | 'kind' | 'round'>;

/** A medium after a change of its status, with the event to announce. */
export interface Transition {
  item: MediaItem;
  event: MediaEvent;
}

const notDeleted: Condition = missing('deletedAt');
/** The condition that the table of legal transitions allows `status`: no other transition is ever written. */
const mayBecome = (status: MediaStatus): Condition =>
  any(...statusesBefore(status).map((from) => equals('status', from)));
/** Otherwise the oldest entries are removed, by a write that knows them. */
const hasHistorySpace: Condition = sizeBelow('history', MAX_HISTORY);
const heldBy = (token: string): Condition => all(equals('status', 'processing'), equals('token', token), notDeleted);

/**
 * The only writer of a medium's status. Every transition is one conditional write that also adds its event to the
 * outbox: uploaded -> processing -> completed | failed, failed -> uploaded by retry. A delivery's writes are fenced by
 * its token. Writes are confirmed where one whose response was lost matters: see {@link writeOrConfirm}.
 */
export class MediaRepository {
  /** @param automatic the analyses with which a medium begins when it is completed */
  constructor(
    private readonly dynamo: Dynamo,
    private readonly automatic: AutomaticAnalyses = async () => ({}),
  ) {}

  /** @returns null when there is none or it is deleted */
  async get(key: MediaKey): Promise<MediaItem | null> {
    const item = await this.getEvenDeleted(key);
    return item && !item.deletedAt ? item : null;
  }

  async getEvenDeleted({ userId, id }: MediaKey): Promise<MediaItem | null> {
    const row = await this.dynamo.get('media', { userId, id });
    return row && parseMediaItem(row);
  }

  /** Returns the oldest medium of a user with exactly these bytes, or null. */
  async findBySha256(userId: string, sha256: string): Promise<MediaItem | null> {
    const where = all(equals('userId', userId), beginsWith('bySha256', `${sha256}#`));
    for await (const row of this.dynamo.queryAll('media', { index: 'bySha256', where, filter: notDeleted }))
      return parseMediaItem(row);
    return null;
  }

  /** @returns the event to announce, or null when the id exists already */
  async create(item: MediaItem): Promise<MediaEvent | null> {
    const event = mediaEvent(item, null, item.createdAt);
    const indexed = {
      ...item,
      ...listKeys(item),
      ...(item.sha256 && { bySha256: `${item.sha256}#${item.id}` }),
      ...this.openKeys(item.id, WAKE_UP_MS),
      ...Outbox.firstEvent(item.id, storedEvent(event)),
    };
    return (await this.dynamo.put('media', indexed, missing('id'))) ? event : null;
  }

  /**
   * Claims a medium for one delivery: a waiting one, or one whose lease expired. `announced` is the event to announce:
   * that of the first claim of a round, returned again by later claims until it is confirmed. `exclusive`: an earlier
   * delivery crashed on it, so it must be processed alone. With the kind and round that its wake-up names, a waiting
   * medium is claimed without being read before.
   */
  async claim(key: MediaKey | WokenMedium, token: string, leaseMs: number): Promise<Claim> {
    const claimed = 'round' in key && (await this.claimUnread(key, token, leaseMs));
    if (claimed) return claimed;
    const item = await this.get(key);
    if (!item) return { outcome: 'nothing_to_do' };
    if (item.status === 'processing' && item.token === token)
      return { outcome: 'claimed', item, exclusive: false, announced: unconfirmedEventOf(item) }; // an ambiguous write
    if (item.status === 'uploaded') return this.claimWaiting(item, token, leaseMs);
    if (item.status === 'processing') return this.takeOver(item, token, leaseMs);
    return { outcome: 'nothing_to_do' };
  }

  /** Renews the lease. @returns false when the token no longer holds the claim: stop at once */
  async renew(key: MediaKey, token: string, leaseMs: number, progress: number): Promise<boolean> {
    const lease = this.lease(key.id, leaseMs);
    return (await this.write(key, { set: [['progress', progress], ...lease], when: heldBy(token) })) !== null;
  }

  /** Releases a claim at a shutdown or an outage: it counts as no crash and may be claimed again from `retryAt` on. */
  async release(key: MediaKey, token: string, retryAt = new Date()): Promise<void> {
    const at = retryAt.toISOString();
    await this.write(key, {
      set: [
        ['leaseUntil', at],
        ['openAt', at],
      ],
      remove: ['token'],
      when: heldBy(token),
    });
  }

  /** Releases a claim after an internal error. @returns whether it may be retried; if not, finish it as failed */
  async releaseAfterError(item: MediaItem, token: string, retryAt: Date): Promise<'again' | 'exhausted'> {
    if (item.errors + 1 >= MAX_ERRORS) return 'exhausted';
    const at = retryAt.toISOString();
    await this.write(item, {
      set: [
        ['leaseUntil', at],
        ['openAt', at],
        ['errors', item.errors + 1],
      ],
      remove: ['token'],
      when: heldBy(token),
    });
    return 'again';
  }

  /**
   * Ends a round in one fenced write. With the medium as it was claimed, it is not read before.
   * @returns the item and its event, or null when fenced out: announce nothing
   */
  async finish(key: MediaKey | MediaItem, token: string, ending: Ending): Promise<Transition | null> {
    const analyses =
      ending.status === 'completed'
        ? await this.automatic(key.userId, { description: '', ...key, ...ending.facts })
        : {};
    const finished = 'status' in key && (await this.finishClaimed(key, token, ending, analyses));
    if (finished) return finished;
    const before = await this.get(key);
    if (!before) return null;
    const known = this.confirmEnding(token, ending, before);
    if (known) return known;
    const at = new Date().toISOString();
    const move = applyEnding(before, token, ending, at, analyses);
    const event = mediaEvent(move.after, 'processing', at);
    const change = {
      set: [
        ...changedFields(move),
        ...Object.entries(listKeys(move.after)),
        ...this.openForAnalysis(move.after),
        ...Outbox.addEvent(key.id, storedEvent(event)),
      ],
      remove: ['token', 'leaseUntil', ...closedKeys(move.after)],
      when: all(mayBecome(ending.status), heldBy(token)),
    };
    return writeOrConfirm(
      () => this.writeEvent(key, change, event),
      async () => this.confirmEnding(token, ending, await this.get(key)),
    );
  }

  /**
   * Whether the table names the derived files of a delivery, or still may: a write of the delivery can be in flight
   * while it holds the claim.
   */
  async mayName(key: MediaKey, token: string): Promise<boolean> {
    const item = await this.getEvenDeleted(key);
    if (!item) return false;
    const ofAnalyses = Object.values(item.analyses ?? {}).flatMap((entry) => [entry.token, entry.resultToken]);
    const isCompleted = item.status === 'completed' && item.derivedToken === token;
    return item.token === token || isCompleted || ofAnalyses.includes(token);
  }

  /**
   * Starts the next round of a failed medium, for its owner or an admin. @returns null when it is not failed, or
   * must not be retried ({@link hasExhaustedRetries})
   * @throws {DependencyUnavailableError} when its outbox is full: very many retries while no event could be delivered
   */
  async retry(key: MediaKey): Promise<Transition | null> {
    const before = await this.get(key);
    if (before?.status !== 'failed' || hasExhaustedRetries(before)) return null;
    Outbox.assertNotFull(before);
    const at = new Date().toISOString();
    const move = applyRetry(before, at);
    const event = mediaEvent(move.after, 'failed', at);
    const change = {
      set: [
        ...changedFields(move),
        ...Object.entries({ ...listKeys(move.after), ...this.openKeys(key.id, WAKE_UP_MS) }),
        ...Outbox.addEvent(key.id, storedEvent(event)),
      ],
      when: all(mayBecome('uploaded'), equals('round', before.round), notDeleted),
    };
    return writeOrConfirm(
      () => this.writeEvent(key, change, event),
      async () => {
        const item = await this.get(key);
        const isOurs = item?.history.some((entry) => entry.at === at && entry.round === event.round);
        return isOurs ? { item: item!, event } : null;
      },
    );
  }

  /** Updates title, description and tags. @returns null when there is no such medium */
  async updateDetails(
    key: MediaKey,
    details: Partial<Pick<MediaItem, 'title' | 'description' | 'tags'>>,
  ): Promise<MediaItem | null> {
    const set = Object.entries({ ...details, updatedAt: new Date().toISOString() }).filter(
      ([, value]) => value !== undefined,
    );
    return this.write(key, { set, when: all(exists('id'), notDeleted) });
  }

  /** Hides a medium at once: ends its lease and removes it from all lists. @returns null when there is none */
  async markDeleted(key: MediaKey): Promise<Transition | null> {
    for (;;) {
      const before = await this.get(key);
      if (!before) return null;
      const at = new Date().toISOString();
      const event = deletedEvent(before, at);
      const change = {
        set: [
          ['deletedAt', at],
          ['openShard', shardOf(key.id)],
          ['openAt', at],
          ...Outbox.addEvent(key.id, storedEvent(event)),
        ],
        remove: ['token', 'leaseUntil', 'visibleId', 'byKind', 'byStatus', 'byKindStatus', 'bySha256'],
        when: all(notDeleted, equals('status', before.status), equals('round', before.round)),
      } satisfies Change & { when: Condition };
      const deleted = await writeOrConfirm(
        () => this.writeEvent(key, change, event),
        async () => {
          const item = await this.getEvenDeleted(key);
          return item?.deletedAt === at ? { item, event } : null;
        },
      );
      if (deleted) return deleted;
    }
  }

  /** Records that files and search words are erased: the item may be removed once its events are confirmed. */
  async markFilesErased(key: MediaKey): Promise<void> {
    await this.write(key, { set: [['filesErasedAt', new Date().toISOString()]], when: exists('deletedAt') });
  }

  /** The last step of a deletion: removes the item. @returns false while events of it are not confirmed */
  async removeErased({ userId, id }: MediaKey): Promise<boolean> {
    return this.dynamo.delete('media', { userId, id }, all(exists('filesErasedAt'), sizeIs('pending', 0)));
  }

  /** Removes a completed medium from the sweep, unless it has changed since it was read. */
  async close(item: MediaItem): Promise<void> {
    await this.write(item, { remove: ['openShard', 'openAt'], when: equals('openAt', item.openAt) });
  }

  /** Yields the open items (waiting, claimed or to be erased) that are due, for the sweep. */
  async *due(now: Date): AsyncGenerator<MediaKey> {
    for await (const { userId, id } of this.dynamo.due<{ userId: string; id: string }>('media', 'open', now))
      yield { userId, id };
  }

  /** Postpones the next check by the sweep by `delayMs`, unless the item has changed since it was read. */
  async postpone(item: MediaItem, delayMs: number): Promise<void> {
    await this.write(item, { set: [['openAt', fromNow(delayMs)]], when: equals('openAt', item.openAt) });
  }

  /** @returns null when it is not waiting in this round, or its history is full */
  private async claimUnread(
    { kind, round, ...key }: WokenMedium,
    token: string,
    leaseMs: number,
  ): Promise<Claim | null> {
    const at = new Date().toISOString();
    const status = 'processing';
    const { byStatus, byKindStatus } = listKeys({ id: key.id, kind, status });
    const type = `media.${status}` as const;
    const entry = {
      id: `${key.id}.${status}.${round}`,
      type,
      occurredAt: at,
      status,
      round,
      from: 'uploaded',
    } as const;
    const item = await this.write(key, {
      set: [
        ...Object.entries({ status, token, progress: 0, updatedAt: at, byStatus, byKindStatus }),
        ...this.lease(key.id, leaseMs),
        ...Outbox.addEvent(key.id, entry),
      ],
      append: [['history', [{ status, at, round }]]],
      when: all(mayBecome(status), equals('round', round), equals('kind', kind), hasHistorySpace, notDeleted),
    });
    return item && { outcome: 'claimed', item, exclusive: false, announced: mediaEvent(item, 'uploaded', at) };
  }

  /** @returns null when the token no longer holds the claim, `claimed` is of another round, or the history is full */
  private async finishClaimed(
    claimed: MediaItem,
    token: string,
    ending: Ending,
    analyses: AnalysisEntries,
  ): Promise<Transition | null> {
    const at = new Date().toISOString();
    const { after, changed } = applyEnding(claimed, token, ending, at, analyses);
    const event = mediaEvent(after, 'processing', at);
    const item = await this.write(claimed, {
      set: [
        ...changedFields({ after, changed: changed.filter((name) => name !== 'history') }),
        ...Object.entries(listKeys(after)),
        ...this.openForAnalysis(after),
        ...Outbox.addEvent(claimed.id, storedEvent(event)),
      ],
      append: [['history', [{ status: ending.status, at, round: claimed.round }]]],
      remove: ['token', 'leaseUntil', ...closedKeys(after)],
      when: all(mayBecome(ending.status), heldBy(token), equals('round', claimed.round), hasHistorySpace),
    });
    return item && { item, event: mediaEvent(item, 'processing', at) }; // its title may have been changed meanwhile
  }

  private async claimWaiting(before: MediaItem, token: string, leaseMs: number): Promise<Claim> {
    const at = new Date().toISOString();
    const move = applyClaim(before, token, at);
    const event = mediaEvent(move.after, 'uploaded', at);
    const change = {
      set: [
        ...changedFields(move),
        ...Object.entries(listKeys(move.after)),
        ...this.lease(before.id, leaseMs),
        ...Outbox.addEvent(before.id, storedEvent(event)),
      ],
      when: all(mayBecome('processing'), equals('round', before.round), notDeleted),
    };
    return writeOrConfirm(
      async (): Promise<Claim | null> => {
        const item = await this.write(before, change);
        return item && { outcome: 'claimed', item, exclusive: false, announced: event };
      },
      () => this.confirmClaim(before, token, event),
    );
  }

  private async takeOver(before: MediaItem, token: string, leaseMs: number): Promise<Claim> {
    const possible = takeOver(before);
    if (possible.busyUntil) return { outcome: 'busy', until: possible.busyUntil };
    const { crashes, isExhausted } = possible;
    const item = await this.write(before, {
      set: [['token', token], ['crashes', crashes], ...this.lease(before.id, leaseMs)],
      when: all(equals('status', 'processing'), equals('leaseUntil', before.leaseUntil), notDeleted),
    });
    if (!item) return this.confirmClaim(before, token, null);
    const announced = unconfirmedEventOf(item); // the crashed worker may not have announced it
    if (isExhausted) return { outcome: 'exhausted', item, code: 'crashed_worker', announced };
    return { outcome: 'claimed', item, exclusive: crashes > 0, announced };
  }

  /** Resolves a claim whose write was rejected: another delivery was first, or our own write had succeeded. */
  private async confirmClaim({ userId, id }: MediaKey, token: string, announced: MediaEvent | null): Promise<Claim> {
    const now = await this.get({ userId, id });
    if (now?.status !== 'processing') return { outcome: 'nothing_to_do' };
    if (now.token === token) return { outcome: 'claimed', item: now, exclusive: now.crashes > 0, announced };
    return { outcome: 'busy', until: new Date(now.leaseUntil ?? Date.now()) };
  }

  /** Returns the ending if this delivery has already written it (ambiguous write, or a repeated call), else null. */
  private confirmEnding(token: string, ending: Ending, item: MediaItem | null): Transition | null {
    if (item?.status !== ending.status || item.derivedToken !== token) return null;
    return { item, event: unconfirmedEventOf(item) ?? mediaEvent(item, 'processing', item.updatedAt) };
  }

  private lease(id: string, leaseMs: number): NonNullable<Change['set']> {
    return Object.entries({ leaseUntil: fromNow(leaseMs), ...this.openKeys(id, leaseMs) });
  }

  /** A medium with analyses in the queue stays open, so that the sweep finds those whose wake-up was lost. */
  private openForAnalysis(item: MediaItem): NonNullable<Change['set']> {
    return openAnalyses(item.analyses).length > 0 ? Object.entries(this.openKeys(item.id, ANALYSIS_WAKE_UP_MS)) : [];
  }

  private openKeys(id: string, delayMs: number) {
    return { openShard: shardOf(id), openAt: fromNow(delayMs) };
  }

  /** As `write`, for a change that also adds `event` to the outbox. */
  private async writeEvent(
    key: MediaKey,
    change: Change & { when: Condition },
    event: MediaEvent,
  ): Promise<Transition | null> {
    const item = await this.write(key, change);
    return item && { item, event };
  }

  private async write({ userId, id }: MediaKey, change: Change & { when: Condition }): Promise<MediaItem | null> {
    const row = await this.dynamo.update('media', { userId, id }, change);
    return row && parseMediaItem(row);
  }
}

/** Returns the event of the latest transition until it is confirmed, then null. */
const unconfirmedEventOf = (item: MediaItem): MediaEvent | null =>
  (item.pending[`${item.id}.${item.status}.${item.round}`] as MediaEvent | undefined) ?? null;

const closedKeys = ({ analyses }: MediaItem) => (openAnalyses(analyses).length > 0 ? [] : ['openShard', 'openAt']);

const fromNow = (delayMs: number) => new Date(Date.now() + delayMs).toISOString();
