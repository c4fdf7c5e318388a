import type { EventSource } from '#contracts';
import type { Dynamo } from './dynamodb/dynamo';
import { all, atMost, equals, exists, sizeIs, type Change } from './dynamodb/expression';
import { shardOf, shards } from './dynamodb/tables';
import { DependencyUnavailableError } from './errors';
import type { JobQueue } from './queue/job-queue';

/** An event waiting on its item until its consumer is done with it. */
export interface PendingEvent {
  id: string;
  type: string;
  occurredAt: string;
}

/** So many events wait on one item while nobody takes them: an item may have 400 kB (DynamoDB's limit), an event has 2 at most. */
export const MAX_PENDING = 60;

/** The fields of an item that can announce events. */
export interface OutboxFields {
  pending: Record<string, PendingEvent>;
  outboxShard?: string;
  outboxAt?: string;
}

/**
 * Events without transactions or streams: a status write adds its event to the item's own `pending` map in the same
 * conditional write, and sets the sparse index key under which a sweeper finds it. The consumer removes the entry when
 * the event is dealt with; the key goes with the last entry.
 */
export class Outbox {
  constructor(
    private readonly dynamo: Dynamo,
    private readonly queue: JobQueue,
  ) {}

  /** The fields a new item is put with, to announce its first event. */
  static firstEvent(shardKey: string, event: PendingEvent): OutboxFields {
    return { pending: { [event.id]: event }, outboxShard: shardOf(shardKey), outboxAt: event.occurredAt };
  }

  /** The additions to an update that announce an event. */
  static addEvent(shardKey: string, event: PendingEvent): NonNullable<Change['set']> {
    return [
      [['pending', event.id], event],
      ['outboxShard', shardOf(shardKey)],
      ['outboxAt', event.occurredAt],
    ];
  }

  /** For moves that may be repeated without end. @throws {DependencyUnavailableError} while the alerts are out for so long that events pile up. */
  static assertNotFull({ pending }: OutboxFields): void {
    const count = Object.keys(pending).length;
    if (count >= MAX_PENDING)
      throw new DependencyUnavailableError('alerts', new Error(`${count} events of this item are not delivered`));
  }

  /** Wakes the consumer, or as soon as the queue is there again. Never rejects. */
  async announce(source: EventSource, eventId: string): Promise<void> {
    await this.queue.sendSoon('events', { source, eventId });
  }

  /** The event, and whether its item is being deleted; null when it is confirmed already (or its item is gone). */
  async read(source: EventSource, eventId: string): Promise<{ event: PendingEvent; isDeleted: boolean } | null> {
    const item = await this.dynamo.get<OutboxFields & { deletedAt?: string }>(source.table, source.key);
    const event = item?.pending?.[eventId];
    return event ? { event, isDeleted: item?.deletedAt !== undefined } : null;
  }

  /** The consumer is done: takes the entry off, and the index key with the last one. */
  async confirm(source: EventSource, eventId: string): Promise<void> {
    const left = await this.dynamo.update<OutboxFields>(source.table, source.key, {
      remove: [['pending', eventId]],
      when: exists(['pending', eventId]),
    });
    if (!left || Object.keys(left.pending).length > 0) return;
    await this.dynamo.update(source.table, source.key, {
      remove: ['outboxShard', 'outboxAt'],
      when: all(exists('outboxShard'), sizeIs('pending', 0)),
    });
  }

  /** Sends again every event of a table that is older than `olderThanMs` and not confirmed, but those that wait for the topic alone. @returns how many. */
  async resend(
    table: EventSource['table'],
    keyNames: readonly string[],
    olderThanMs: number,
    signal?: AbortSignal,
  ): Promise<number> {
    const before = new Date(Date.now() - olderThanMs).toISOString();
    let sent = 0;
    for (const shard of shards) {
      const overdue = this.dynamo.queryAll<Record<string, string>>(table, {
        index: 'outbox',
        where: all(equals('outboxShard', shard), atMost('outboxAt', before)),
      });
      for await (const found of overdue) {
        if (signal?.aborted) return sent;
        sent += await this.resendItem(table, Object.fromEntries(keyNames.map((name) => [name, found[name]!])), before);
      }
    }
    return sent;
  }

  /** How many items of a table have events that are not confirmed, and since when the first of them has. */
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

  private async resendItem(table: EventSource['table'], key: Record<string, string>, before: string): Promise<number> {
    const item = await this.dynamo.get<OutboxFields>(table, key);
    const events = Object.values(item?.pending ?? {}).filter((event) => event.occurredAt <= before);
    for (const event of events) {
      if (!(await this.queue.has('alerts', event.id)))
        await this.queue.send('events', { source: { table, key }, eventId: event.id });
    }
    if (item && Object.keys(item.pending ?? {}).length === 0) {
      // a consumer died between taking off the last entry and the key
      await this.dynamo.update(table, key, { remove: ['outboxShard', 'outboxAt'], when: sizeIs('pending', 0) });
    }
    return events.length;
  }
}
