import { statusesBefore, type FailureCode, type MediaStatus } from '#contracts';
import {
  all,
  any,
  atMost,
  beginsWith,
  Dynamo,
  equals,
  exists,
  missing,
  Outbox,
  shardOf,
  sizeIs,
  type Change,
  type Condition,
} from '#platform';
import { deletedEvent, mediaEvent } from './media.events';
import { listKeys, type MediaEvent, type MediaItem, type MediaKey } from './media.item';
import { claimed, ended, fieldsOf, retried, type Ending } from './media.moves';

/** A worker that lost its lease this many times on one round took the process down with it each time. */
const MAX_CRASHES = 3;
/** Errors of ours in one round, outages not counted. */
const MAX_ERRORS = 5;
/** A wake-up that did not arrive within this time is sent again. */
const WAKE_UP_MS = 5_000;

export type Claim =
  | { outcome: 'claimed'; item: MediaItem; alone: boolean; announced: MediaEvent | null }
  /** Somebody works on it until `until`. */
  | { outcome: 'busy'; until: Date }
  /** It broke down too often: finish it as failed, do not work on it. */
  | { outcome: 'exhausted'; item: MediaItem; code: FailureCode; announced: MediaEvent | null }
  /** Nothing to do any more. */
  | { outcome: 'over' };

const alive: Condition = missing('deletedAt');
/** The table of legal moves decides: a move of status that it does not name is never written. */
const mayBecome = (status: MediaStatus): Condition =>
  any(...statusesBefore(status).map((from) => equals('status', from)));
const heldBy = (token: string): Condition => all(equals('status', 'processing'), equals('token', token), alive);

/**
 * The one writer of a medium's status. Every move is one conditional write that also announces itself in the outbox:
 * uploaded -> processing -> completed | failed, failed -> uploaded by retry. A delivery's writes are fenced by its token.
 */
export class MediaRepository {
  constructor(private readonly dynamo: Dynamo) {}

  /** null: there is none, or it is deleted. */
  async get(key: MediaKey): Promise<MediaItem | null> {
    const item = await this.getEvenDeleted(key);
    return item && !item.deletedAt ? item : null;
  }

  async getEvenDeleted({ userId, id }: MediaKey): Promise<MediaItem | null> {
    return this.dynamo.get<MediaItem>('media', { userId, id });
  }

  /** The oldest medium of a user that has exactly these bytes; null: there is none. */
  async findBySha256(userId: string, sha256: string): Promise<MediaItem | null> {
    const where = all(equals('userId', userId), beginsWith('bySha256', `${sha256}#`));
    for await (const item of this.dynamo.queryAll<MediaItem>('media', { index: 'bySha256', where, filter: alive }))
      return item;
    return null;
  }

  /** @returns the event to announce, or null when the id exists already. */
  async create(item: MediaItem): Promise<MediaEvent | null> {
    const event = mediaEvent(item, null, item.createdAt);
    const indexed = {
      ...item,
      ...listKeys(item),
      ...(item.sha256 && { bySha256: `${item.sha256}#${item.id}` }),
      ...this.openKeys(item.id, WAKE_UP_MS),
      ...Outbox.firstEvent(item.id, event),
    };
    return (await this.dynamo.put('media', indexed, missing('id'))) ? event : null;
  }

  /** Takes a medium for one delivery: a waiting one, or one whose lease ended. The first claim of a round announces, and the next one what is not confirmed of it. */
  async claim(key: MediaKey, token: string, leaseMs: number): Promise<Claim> {
    const item = await this.get(key);
    if (!item) return { outcome: 'over' };
    if (item.status === 'uploaded') return this.claimWaiting(item, token, leaseMs);
    if (item.status === 'processing') return this.takeOver(item, token, leaseMs);
    return { outcome: 'over' };
  }

  /** Goes on holding it. @returns false when the token is no longer the one that works on it: stop at once. */
  async renew(key: MediaKey, token: string, leaseMs: number, progress: number): Promise<boolean> {
    const lease = this.lease(key.id, leaseMs);
    return (await this.write(key, { set: [['progress', progress], ...lease], when: heldBy(token) })) !== null;
  }

  /** Hands it back unharmed (shutdown, outage): it counts as nothing and may be taken again from `retryAt` on. */
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

  /** Hands it back after an error of ours. @returns whether it may be tried again; if not, finish it as failed. */
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

  /** Ends a round in one write, on the token. @returns the item and its event, or null: fenced out, announce nothing. */
  async finish(key: MediaKey, token: string, ending: Ending): Promise<{ item: MediaItem; event: MediaEvent } | null> {
    const before = await this.get(key);
    if (!before) return null;
    const known = this.endedBy(token, ending, before);
    if (known) return known;
    const at = new Date().toISOString();
    const move = ended(before, token, ending, at);
    const event = mediaEvent(move.after, 'processing', at);
    const item = await this.write(key, {
      set: [...fieldsOf(move), ...Object.entries(listKeys(move.after)), ...Outbox.addEvent(key.id, event)],
      remove: ['token', 'leaseUntil', 'openShard', 'openAt'],
      when: all(mayBecome(ending.status), heldBy(token)),
    });
    return item ? { item, event } : this.endedBy(token, ending, await this.get(key)); // our own first attempt may have gone through unheard
  }

  /** Whether the table names the files of a delivery, or still may: a write of its own can be under way while it holds the medium. */
  async mayName(key: MediaKey, token: string): Promise<boolean> {
    const item = await this.getEvenDeleted(key);
    return item !== null && (item.token === token || (item.status === 'completed' && item.derivedToken === token));
  }

  /**
   * The owner's (or an admin's) retry of a failed medium: the next round. @returns null when it is not failed.
   * @throws {DependencyUnavailableError} after very many retries while no event of it could be delivered
   */
  async retry(key: MediaKey): Promise<{ item: MediaItem; event: MediaEvent } | null> {
    const before = await this.get(key);
    if (before?.status !== 'failed') return null;
    Outbox.assertNotFull(before);
    const at = new Date().toISOString();
    const move = retried(before, at);
    const event = mediaEvent(move.after, 'failed', at);
    const item = await this.write(key, {
      set: [
        ...fieldsOf(move),
        ...Object.entries({ ...listKeys(move.after), ...this.openKeys(key.id, WAKE_UP_MS) }),
        ...Outbox.addEvent(key.id, event),
      ],
      when: all(mayBecome('uploaded'), equals('round', before.round), alive),
    });
    if (item) return { item, event };
    const now = await this.get(key); // our own first attempt may have gone through unheard
    return now?.history.some((entry) => entry.at === at && entry.round === event.round) ? { item: now, event } : null;
  }

  /** Title, description and tags; not a status. @returns null when there is none. */
  async describe(
    key: MediaKey,
    details: Partial<Pick<MediaItem, 'title' | 'description' | 'tags'>>,
  ): Promise<MediaItem | null> {
    const set = Object.entries({ ...details, updatedAt: new Date().toISOString() }).filter(
      ([, value]) => value !== undefined,
    );
    return this.write(key, { set, when: all(exists('id'), alive) });
  }

  /** Hides it at once, voids the lease and leaves every list. @returns null when there is none (any more). */
  async markDeleted(key: MediaKey): Promise<{ item: MediaItem; event: MediaEvent } | null> {
    for (;;) {
      const before = await this.get(key);
      if (!before) return null;
      const at = new Date().toISOString();
      const event = deletedEvent(before, at);
      const item = await this.write(key, {
        set: [['deletedAt', at], ['openShard', shardOf(key.id)], ['openAt', at], ...Outbox.addEvent(key.id, event)],
        remove: ['token', 'leaseUntil', 'visibleId', 'byKind', 'byStatus', 'byKindStatus', 'bySha256'],
        when: all(alive, equals('status', before.status), equals('round', before.round)),
      });
      if (item) return { item, event };
      const now = await this.getEvenDeleted(key); // our own first attempt may have gone through unheard
      if (now?.deletedAt === at) return { item: now, event };
    }
  }

  /** Files and words are gone: the item itself may go as soon as its events are confirmed. */
  async markFilesErased(key: MediaKey): Promise<void> {
    await this.write(key, { set: [['filesErasedAt', new Date().toISOString()]], when: exists('deletedAt') });
  }

  /** The last step of a deletion. @returns false while events of it are not confirmed. */
  async removeErased({ userId, id }: MediaKey): Promise<boolean> {
    return this.dynamo.delete('media', { userId, id }, all(exists('filesErasedAt'), sizeIs('pending', 0)));
  }

  /** Open items (waiting, held or to be erased) of a shard that are due, and when: for the sweeper. */
  async *due(shard: string, now: Date): AsyncGenerator<MediaKey> {
    const where = all(equals('openShard', shard), atMost('openAt', now.toISOString()));
    for await (const { userId, id } of this.dynamo.queryAll<MediaKey>('media', { index: 'open', where }))
      yield { userId, id };
  }

  /** Looked at: not again before `delayMs`, unless it moves on by itself. */
  async postpone(item: MediaItem, delayMs: number): Promise<void> {
    await this.write(item, { set: [['openAt', fromNow(delayMs)]], when: equals('openAt', item.openAt) });
  }

  private async claimWaiting(before: MediaItem, token: string, leaseMs: number): Promise<Claim> {
    const at = new Date().toISOString();
    const move = claimed(before, token, at);
    const event = mediaEvent(move.after, 'uploaded', at);
    const item = await this.write(before, {
      set: [
        ...fieldsOf(move),
        ...Object.entries(listKeys(move.after)),
        ...this.lease(before.id, leaseMs),
        ...Outbox.addEvent(before.id, event),
      ],
      when: all(mayBecome('processing'), equals('round', before.round), alive),
    });
    return item ? { outcome: 'claimed', item, alone: false, announced: event } : this.lostRace(before, token, event);
  }

  private async takeOver(before: MediaItem, token: string, leaseMs: number): Promise<Claim> {
    if (before.leaseUntil && before.leaseUntil > new Date().toISOString())
      return { outcome: 'busy', until: new Date(before.leaseUntil) };
    const crashes = before.crashes + (before.token ? 1 : 0); // a token that is still there was never handed back
    const item = await this.write(before, {
      set: [['token', token], ['crashes', crashes], ...this.lease(before.id, leaseMs)],
      when: all(equals('status', 'processing'), equals('leaseUntil', before.leaseUntil), alive),
    });
    if (!item) return this.lostRace(before, token, null);
    const announced = unconfirmedEventOf(item); // whoever died may not have come to it
    if (crashes >= MAX_CRASHES) return { outcome: 'exhausted', item, code: 'crashed_worker', announced };
    return { outcome: 'claimed', item, alone: crashes > 0, announced };
  }

  /** The write did not hold: another delivery was faster, or our own first attempt went through unheard. */
  private async lostRace({ userId, id }: MediaKey, token: string, announced: MediaEvent | null): Promise<Claim> {
    const now = await this.get({ userId, id });
    if (now?.status !== 'processing') return { outcome: 'over' };
    if (now.token === token) return { outcome: 'claimed', item: now, alone: now.crashes > 0, announced };
    return { outcome: 'busy', until: new Date(now.leaseUntil ?? Date.now()) };
  }

  private endedBy(
    token: string,
    ending: Ending,
    item: MediaItem | null,
  ): { item: MediaItem; event: MediaEvent } | null {
    if (item?.status !== ending.status || item.derivedToken !== token) return null;
    return { item, event: unconfirmedEventOf(item) ?? mediaEvent(item, 'processing', item.updatedAt) };
  }

  private lease(id: string, leaseMs: number): NonNullable<Change['set']> {
    return Object.entries({ leaseUntil: fromNow(leaseMs), ...this.openKeys(id, leaseMs) });
  }

  private openKeys(id: string, delayMs: number) {
    return { openShard: shardOf(id), openAt: fromNow(delayMs) };
  }

  private write({ userId, id }: MediaKey, change: Change & { when: Condition }): Promise<MediaItem | null> {
    return this.dynamo.update<MediaItem>('media', { userId, id }, change);
  }
}

/** The event of its latest move, while nobody confirmed that it was dealt with. */
const unconfirmedEventOf = (item: MediaItem): MediaEvent | null =>
  item.pending[`${item.id}.${item.status}.${item.round}`] ?? null;

const fromNow = (delayMs: number) => new Date(Date.now() + delayMs).toISOString();
