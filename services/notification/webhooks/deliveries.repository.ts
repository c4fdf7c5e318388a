import { Injectable } from '@nestjs/common';
import { all, beginsWith, Dynamo, equals, exists, missing, shardOf, type Change } from '#platform';
import type { WebhookAnswer } from './webhook-sender';
import { deliveriesOf, deliveryKey, parseDelivery, type DeliveryItem } from './webhook.item';

const KEPT_SECONDS = 7 * 86_400;
/** Longer than an attempt can take: then its process was killed, and another one attempts it again. */
const LEASE_MS = 60_000;

export type NewDelivery = Pick<DeliveryItem, 'messageId' | 'type' | 'body'>;

const keyOf = ({ userId, id }: Pick<DeliveryItem, 'userId' | 'id'>) => ({ userId, id });
/** The delivery is as it was read. */
const isUnchanged = ({ attempts }: DeliveryItem) =>
  all(exists('id'), equals('attempts', attempts), equals('status', 'pending'));
const openFrom = (id: string, at: number) =>
  [
    ['openShard', shardOf(id)],
    ['openAt', new Date(at).toISOString()],
  ] as const;
const CLOSED = ['openShard', 'openAt'];

/** Reads and writes the deliveries of webhooks. While one is pending, the index `open` holds when it is due. */
@Injectable()
export class DeliveriesRepository {
  constructor(private readonly dynamo: Dynamo) {}

  /** Creates a pending delivery, which is attempted once its job is lost, too. Idempotent. */
  async create(userId: string, webhookId: string, deliveryId: string, message: NewDelivery): Promise<DeliveryItem> {
    const id = deliveryKey(webhookId, deliveryId);
    const now = Date.now();
    const item: DeliveryItem = {
      userId: deliveriesOf(userId),
      id,
      schemaVersion: 1,
      ...message,
      status: 'pending',
      attempts: 0,
      failures: 0,
      createdAt: new Date(now).toISOString(),
      ...Object.fromEntries(openFrom(id, now + LEASE_MS)),
      expiresAt: Math.floor(now / 1_000) + KEPT_SECONDS,
    };
    await this.dynamo.put('webhooks', { ...item }, missing('id'));
    return item;
  }

  async get(userId: string, id: string): Promise<DeliveryItem | null> {
    const row = await this.dynamo.get('webhooks', { userId: deliveriesOf(userId), id });
    return row && parseDelivery(row);
  }

  /** Returns the deliveries of a webhook, newest first, from before the one with the id `before`. */
  async list(
    { userId, id: webhookId }: { userId: string; id: string },
    limit: number,
    before?: string,
  ): Promise<{ items: DeliveryItem[]; next: string | null }> {
    const partition = deliveriesOf(userId);
    const after = before && { userId: partition, id: deliveryKey(webhookId, before) };
    const page = await this.dynamo.query('webhooks', {
      where: all(equals('userId', partition), beginsWith('id', deliveryKey(webhookId, ''))),
      descending: true,
      limit,
      ...(after && { after }),
    });
    const items = page.items.map((row) => parseDelivery(row));
    return { items: items.filter(({ expiresAt }) => expiresAt * 1_000 > Date.now()), next: page.next?.id ?? null };
  }

  /** Begins an attempt. Returns null when another one has begun. */
  async claim(item: DeliveryItem): Promise<DeliveryItem | null> {
    return this.update(item, {
      set: [['lastAttemptAt', new Date().toISOString()], ...openFrom(item.id, Date.now() + LEASE_MS)],
      add: [['attempts', 1]],
      when: isUnchanged(item),
    });
  }

  /**
   * Records the answer to an attempt.
   * @param retryAt epoch milliseconds of the next attempt; null: there is none
   */
  async settle(item: DeliveryItem, answer: WebhookAnswer, retryAt: number | null): Promise<DeliveryItem | null> {
    const { responseStatus, durationMs, failure } = answer;
    const known = Object.entries({ responseStatus, durationMs, failure });
    const isPending = failure !== null && retryAt !== null;
    return this.update(item, {
      set: [
        ...known.filter(([, value]) => value !== null),
        ['status', failure === null ? 'succeeded' : isPending ? 'pending' : 'failed'],
        ...(isPending ? openFrom(item.id, retryAt) : []),
      ],
      add: failure === null ? [] : [['failures', 1]],
      remove: [...known.filter(([, value]) => value === null).map(([name]) => name), ...(isPending ? [] : CLOSED)],
      when: isUnchanged(item),
    });
  }

  /** Delays a delivery without an attempt. */
  async postpone(item: DeliveryItem, delayMs: number): Promise<void> {
    await this.update(item, { set: openFrom(item.id, Date.now() + delayMs), when: isUnchanged(item) });
  }

  /** Makes a delivery pending as if it were new. Returns null when it was deleted meanwhile. */
  async reopen(item: DeliveryItem): Promise<DeliveryItem | null> {
    const now = Date.now();
    return this.update(item, {
      set: [
        ['status', 'pending'],
        ['failures', 0],
        ['expiresAt', Math.floor(now / 1_000) + KEPT_SECONDS],
        ...openFrom(item.id, now),
      ],
      when: exists('id'),
    });
  }

  /** Yields the keys of pending deliveries that were due at `until`. */
  due(until: Date): AsyncGenerator<{ userId: string; id: string }> {
    return this.dynamo.due('webhooks', 'open', until);
  }

  /** Erases the deliveries of a user, or of one of the user's webhooks. Idempotent. */
  async erase(userId: string, webhookId = ''): Promise<void> {
    const partition = deliveriesOf(userId);
    const owned = equals('userId', partition);
    const where = webhookId ? all(owned, beginsWith('id', deliveryKey(webhookId, ''))) : owned;
    const keys: Array<{ delete: { userId: string; id: string } }> = [];
    for await (const { id } of this.dynamo.queryAll<{ id: string }>('webhooks', { where, project: ['id'] }))
      keys.push({ delete: { userId: partition, id } });
    await this.dynamo.writeMany('webhooks', keys);
  }

  /** Deletes expired deliveries: time to live is not implemented or enabled everywhere. */
  async sweepExpired(now: Date, signal?: AbortSignal): Promise<void> {
    for await (const _ of this.dynamo.sweepExpired('webhooks', now)) signal?.throwIfAborted();
  }

  private async update(item: DeliveryItem, change: Change & { when: ReturnType<typeof all> }) {
    const row = await this.dynamo.update('webhooks', keyOf(item), change);
    return row && parseDelivery(row);
  }
}
