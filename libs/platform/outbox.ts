import { channelQueues, eventChannels, type Channel, type EventSource, type EventType } from '#contracts';
import { Batches } from './batches';
import type { Dynamo, Item } from './dynamodb/dynamo';
import { all, equals, exists, missing, sizeIs, type Change } from './dynamodb/expression';
import { shardOf, shards } from './dynamodb/tables';
import { DependencyUnavailableError } from './errors';
import type { JobQueue } from './queue/job-queue';

/** The fields of a domain event that the outbox uses. */
export interface PendingEvent {
  id: string;
  type: EventType;
  /** ISO 8601 UTC. */
  occurredAt: string;
}

type OpenChannels = Partial<Record<Channel, true>>;

/** An event on its item. `channels` have not delivered it yet; absent on entries of versions without channels. */
type PendingEntry = PendingEvent & { channels?: OpenChannels };

/** An outbox entry as a channel reads it. */
export interface OutboxEntry {
  source: EventSource;
  event: PendingEvent;
  /** The row of the event. */
  item: OutboxFields & Item;
  /** The channels that have not delivered it yet. */
  open: Channel[];
  /** The item of the event is being deleted. */
  isDeleted: boolean;
}

/** The most unconfirmed events on one item: DynamoDB limits an item to 400 kB, and an event has at most 2 kB. */
export const MAX_PENDING = 60;

/** The outbox fields of an item. */
export interface OutboxFields {
  pending: Record<string, PendingEntry>;
  outboxShard?: string;
  outboxAt?: string;
}

const channelsOf = ({ type }: PendingEvent): readonly Channel[] => eventChannels[type];
const openChannels = (event: PendingEvent): OpenChannels =>
  Object.fromEntries(channelsOf(event).map((channel) => [channel, true]));
/** An entry of a version without channels is open for all channels of its event. */
const openOf = (entry: PendingEntry) => Object.keys(entry.channels ?? openChannels(entry)) as Channel[];

/** The queues of channels, each once. */
const queuesOf = (channels: readonly Channel[]) => [...new Set(channels.map((channel) => channelQueues[channel]))];

/** The events of an item are confirmed in one write, which waits for the last of them no longer than this. */
const CONFIRM_WINDOW_MS = 1_000;
const MAX_CONFIRMATIONS = 20;

/** Processing a picture takes about as long: the event of its start is announced in the job of that of its end. */
const ANNOUNCE_WINDOW_MS = 250;
const MAX_ANNOUNCED = 10;
/** Whether another event of the item follows, soon if no more waits before it. */
const isFollowed = ({ type }: Pick<PendingEvent, 'type'>) => type === 'media.uploaded' || type === 'media.processing';

/** The delivery of an event by a channel. */
interface Confirmation {
  source: EventSource;
  event: Pick<PendingEvent, 'id' | 'type'>;
  channel: Channel;
}

/** Whether a batch contains the confirmations of all channels of an event. */
const isDeliveredBy = (batch: readonly Confirmation[], { id, type }: Confirmation['event']) =>
  eventChannels[type].every((channel) => batch.some((one) => one.event.id === id && one.channel === channel));

/** An event that is announced, and whether the open pages have received its medium. */
interface Announced {
  source: EventSource;
  event: PendingEvent;
  isPushed: boolean;
}

const entryPath = (eventId: string) => ['pending', eventId];
const channelsPath = (eventId: string) => [...entryPath(eventId), 'channels'];
const channelPath = (eventId: string, channel: Channel) => [...channelsPath(eventId), channel];

/**
 * A transactional outbox without transactions or streams: a status write adds its event to the item's own `pending` map
 * in the same conditional write, and sets the sparse index key by which a sweep finds it. Each channel confirms its own
 * delivery; the last channel removes the entry, and the last entry removes the index key.
 */
export class Outbox {
  private readonly announcements = new Batches<Announced>(
    ANNOUNCE_WINDOW_MS,
    MAX_ANNOUNCED,
    (batch) =>
      this.queue.sendSoon('announced', {
        source: batch[0]!.source,
        events: batch.map(({ event, isPushed }) => ({ event: { ...event }, isPushed })),
      }),
    (batch) => batch.at(-1)!.event.type !== 'media.processing',
  );
  private readonly confirmations = new Batches<Confirmation>(
    CONFIRM_WINDOW_MS,
    MAX_CONFIRMATIONS,
    (batch) => this.confirmBatch(batch),
    (batch) => batch.some(({ event }) => !isFollowed(event) && isDeliveredBy(batch, event)),
  );

  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
  ) {}

  /** Returns the fields with which a new item is put to record its first event. */
  static firstEvent(shardKey: string, event: PendingEvent): OutboxFields {
    const pending = { [event.id]: { ...event, channels: openChannels(event) } };
    return { pending, outboxShard: shardOf(shardKey), outboxAt: event.occurredAt };
  }

  /** Returns the additions to an update that record an event. */
  static addEvent(shardKey: string, event: PendingEvent): NonNullable<Change['set']> {
    return Outbox.addEvents(shardKey, [event]);
  }

  /** Returns the additions to an update that record events, at least one. */
  static addEvents(shardKey: string, events: readonly PendingEvent[]): NonNullable<Change['set']> {
    return [
      ...events.map((event) => [entryPath(event.id), { ...event, channels: openChannels(event) }] as const),
      ['outboxShard', shardOf(shardKey)],
      ['outboxAt', events[0]!.occurredAt],
    ];
  }

  /**
   * Limits the events of an item whose status can change any number of times.
   * @throws {DependencyUnavailableError} when {@link MAX_PENDING} events are unconfirmed, after a long outage of
   * alerts.
   */
  static assertNotFull({ pending }: OutboxFields): void {
    const count = Object.keys(pending).length;
    if (count >= MAX_PENDING)
      throw new DependencyUnavailableError('alerts', new Error(`${count} events of this item are unconfirmed`));
  }

  /**
   * Queues an event for its channels, now or as soon as Redis is available again; that of the start of processing with
   * the event that follows, or a moment later. Never rejects.
   */
  async announce(source: EventSource, event: PendingEvent, isPushed = false): Promise<void> {
    if (source.table !== 'media') {
      // a channel reads events of accounts in any case, and their personal data has no business in Redis
      const job = { source, eventId: event.id };
      await Promise.all(queuesOf(channelsOf(event)).map((queue) => this.queue.sendSoon(queue, job)));
      return;
    }
    const queued = this.announcements.add(JSON.stringify(source), { source, event, isPushed });
    if (event.type !== 'media.processing') await queued;
  }

  /** Returns null when every channel has confirmed the event, or its item no longer exists. */
  async read(source: EventSource, eventId: string): Promise<OutboxEntry | null> {
    const item = await this.dynamo.get<OutboxFields & Item>(source.table, source.key);
    const found = item?.pending?.[eventId];
    if (!item || !found) return null;
    const { channels, ...event } = found;
    if (!channels) await this.addChannels(source, event);
    return {
      source,
      event,
      item,
      open: openOf(found),
      isDeleted: item.deletedAt !== undefined,
    };
  }

  /** Records that a channel has delivered the event. Idempotent. */
  confirm(source: EventSource, event: Pick<PendingEvent, 'id' | 'type'>, channel: Channel): Promise<void> {
    return this.confirmations.add(JSON.stringify(source), { source, event, channel });
  }

  private async confirmBatch(batch: Confirmation[]): Promise<void> {
    if (await this.confirmAll(batch)) return;
    const { source } = batch[0]!;
    const paths = new Map(
      batch.map(({ event, channel }) => [`${event.id} ${channel}`, channelPath(event.id, channel)]),
    );
    const remove = [...paths.values()];
    const left = await this.dynamo.update<OutboxFields>(source.table, source.key, {
      remove,
      when: all(...remove.map(exists)),
    });
    if (left) return this.removeDelivered(source, left);
    if (batch.length > 1) for (const one of batch) await this.confirmBatch([one]); // one was confirmed before
  }

  /** Removes the events of a batch, and the index key. @returns false when others are left, or channels of these */
  private async confirmAll(batch: Confirmation[]): Promise<boolean> {
    const { source } = batch[0]!;
    const events = new Map(batch.map(({ event }) => [event.id, event]));
    if (![...events.values()].every((event) => isDeliveredBy(batch, event))) return false;
    const areOpen = [...events.values()].flatMap(({ id, type }) =>
      eventChannels[type].map((channel) => exists(channelPath(id, channel))),
    );
    const isDone = await this.dynamo.update(source.table, source.key, {
      remove: [...[...events.keys()].map(entryPath), 'outboxShard', 'outboxAt'],
      when: all(sizeIs('pending', events.size), ...areOpen),
    });
    return isDone !== null;
  }

  /** Removes the entries without open channels, and the index key if there are no others. */
  private async removeDelivered(source: EventSource, { pending }: OutboxFields): Promise<void> {
    const ids = Object.keys(pending).filter(
      (id) => Object.keys(pending[id]!.channels ?? { unknown: true }).length === 0,
    );
    if (ids.length === 0) return;
    const areDelivered = ids.map((id) => sizeIs(channelsPath(id), 0));
    const isLast = ids.length === Object.keys(pending).length;
    const isRemoved = await this.dynamo.update(source.table, source.key, {
      remove: [...ids.map(entryPath), ...(isLast ? ['outboxShard', 'outboxAt'] : [])],
      when: all(...areDelivered, ...(isLast ? [sizeIs('pending', ids.length)] : [])),
    });
    if (!isRemoved) for (const id of ids) await this.removeEntry(source, id); // another event was added or removed
  }

  /**
   * Queues every event of a table that is older than `olderThanMs` for its open channels again. Jobs that still wait
   * are deduplicated.
   * @returns the number of events.
   */
  async resend(
    table: EventSource['table'],
    keyNames: readonly string[],
    olderThanMs: number,
    signal?: AbortSignal,
  ): Promise<number> {
    const before = new Date(Date.now() - olderThanMs).toISOString();
    let sent = 0;
    for await (const found of this.dynamo.due(table, 'outbox', new Date(before))) {
      if (signal?.aborted) return sent;
      const key = Object.fromEntries(keyNames.map((name) => [name, found[name]!]));
      sent += await this.resendItem({ table, key }, before);
    }
    return sent;
  }

  /** Returns how many items of a table have unconfirmed events, and the time of the oldest. */
  async unconfirmed(table: EventSource['table']): Promise<{ items: number; oldestAt: Date | null }> {
    const found = await Promise.all(
      shards.map(async (shard) => {
        const query = { index: 'outbox', where: equals('outboxShard', shard) };
        const [items, oldest] = await Promise.all([
          this.dynamo.count(table, query),
          this.dynamo.query<{ outboxAt: string }>(table, { ...query, limit: 1, project: ['outboxAt'] }),
        ]);
        return { items, oldest: oldest.items[0]?.outboxAt };
      }),
    );
    const [oldestAt] = found.flatMap(({ oldest }) => oldest ?? []).toSorted();
    return { items: found.reduce((sum, { items }) => sum + items, 0), oldestAt: oldestAt ? new Date(oldestAt) : null };
  }

  /** Opens all channels of an entry that was written by a version without channels. */
  private async addChannels(source: EventSource, event: PendingEvent): Promise<void> {
    await this.dynamo.update(source.table, source.key, {
      set: [[channelsPath(event.id), openChannels(event)]],
      when: all(exists(entryPath(event.id)), missing(channelsPath(event.id))),
    });
  }

  /** Removes an entry without open channels, and the index key with the last entry. */
  private async removeEntry({ table, key }: EventSource, eventId: string): Promise<void> {
    const left = await this.dynamo.update<OutboxFields>(table, key, {
      remove: [entryPath(eventId)],
      when: sizeIs(channelsPath(eventId), 0),
    });
    if (left && Object.keys(left.pending).length === 0) await this.removeIndexKey({ table, key });
  }

  private async removeIndexKey({ table, key }: EventSource): Promise<void> {
    const when = all(exists('outboxShard'), sizeIs('pending', 0));
    await this.dynamo.update(table, key, { remove: ['outboxShard', 'outboxAt'], when });
  }

  /** Whether an announcement of events of an item waits or runs: it must not be delivered twice at the same time. */
  private async isAnnounced({ pending }: OutboxFields): Promise<boolean> {
    const found = await Promise.all(Object.keys(pending ?? {}).map((id) => this.queue.has('announced', id)));
    return found.includes(true);
  }

  /** Also completes what a killed consumer left unfinished: an entry without open channels, a key without entries. */
  private async resendItem(source: EventSource, before: string): Promise<number> {
    const item = await this.dynamo.get<OutboxFields>(source.table, source.key);
    const overdue = Object.values(item?.pending ?? {}).filter(({ occurredAt }) => occurredAt <= before);
    if (item && (await this.isAnnounced(item))) return 0;
    for (const event of overdue) {
      if (!event.channels) await this.addChannels(source, event);
      const open = openOf(event);
      for (const queue of queuesOf(open)) await this.queue.send(queue, { source, eventId: event.id });
      if (open.length === 0) await this.removeEntry(source, event.id);
    }
    if (item && Object.keys(item.pending ?? {}).length === 0) await this.removeIndexKey(source);
    return overdue.length;
  }
}
