import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CreateWebhookRequest, UpdateWebhookRequest } from '#contracts';
import { all, Directory, Dynamo, equals, exists, newId, type FailingWebhook } from '#platform';
import { DeliveriesRepository } from './deliveries.repository';
import { parseWebhook, type WebhookItem } from './webhook.item';

const MAX_WEBHOOKS = 10;
/** How long this process may use the webhooks of a user that it has read: an event causes no read while others do. */
const CACHED_MS = 10_000;
const MAX_CACHED_USERS = 1_000;
const SECRET_BYTES = 32;

/** Reads and writes the webhooks of users. */
@Injectable()
export class WebhooksRepository {
  private readonly failing: Directory<FailingWebhook>;
  private readonly cache = new Map<string, { until: number; items: Promise<WebhookItem[]> }>();

  constructor(
    private readonly dynamo: Dynamo,
    private readonly deliveries: DeliveriesRepository,
  ) {
    this.failing = new Directory(dynamo, 'failingWebhooks');
  }

  /** Returns null when the user has too many. */
  async create(userId: string, { url, events }: CreateWebhookRequest): Promise<WebhookItem | null> {
    const now = new Date().toISOString();
    const item: WebhookItem = {
      userId,
      id: newId(),
      schemaVersion: 1,
      url,
      events,
      enabled: true,
      secret: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`,
      createdAt: now,
      updatedAt: now,
    };
    await this.dynamo.put('webhooks', { ...item });
    this.cache.delete(userId);
    // counted afterwards, so that parallel requests cannot exceed the limit
    if ((await this.list(userId)).length <= MAX_WEBHOOKS) return item;
    await this.remove(userId, item.id);
    return null;
  }

  /** Returns the enabled webhooks of a user. Changes by another process count after {@link CACHED_MS}. */
  async enabledOf(userId: string): Promise<WebhookItem[]> {
    const now = Date.now();
    const known = this.cache.get(userId);
    if (known && known.until > now) return known.items;
    if (this.cache.size >= MAX_CACHED_USERS) this.cache.clear();
    const items = this.list(userId).then((found) => found.filter(({ enabled }) => enabled));
    this.cache.set(userId, { until: now + CACHED_MS, items });
    items.catch(() => this.cache.delete(userId));
    return items;
  }

  /** Returns the webhooks of a user, newest first. */
  async list(userId: string): Promise<WebhookItem[]> {
    const items: WebhookItem[] = [];
    const query = { where: equals('userId', userId), descending: true };
    for await (const row of this.dynamo.queryAll('webhooks', query)) items.push(parseWebhook(row));
    return items;
  }

  async get(userId: string, id: string): Promise<WebhookItem | null> {
    const row = await this.dynamo.get('webhooks', { userId, id });
    return row && parseWebhook(row);
  }

  /** A change by the owner: the webhook counts as working until it fails again. Returns null when there is none. */
  async change(userId: string, id: string, changes: UpdateWebhookRequest): Promise<WebhookItem | null> {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    const row = await this.dynamo.update(
      'webhooks',
      { userId, id },
      {
        set: [...given, ['updatedAt', new Date().toISOString()]],
        remove: ['failingSince', ...(changes.enabled ? ['disabledReason'] : [])],
        when: exists('id'),
      },
    );
    this.cache.delete(userId);
    return row && parseWebhook(row);
  }

  /** @returns false when there is none */
  async remove(userId: string, id: string): Promise<boolean> {
    const isRemoved = await this.dynamo.delete('webhooks', { userId, id }, exists('id'));
    this.cache.delete(userId);
    return isRemoved;
  }

  /** Records the outcome of an attempt; `failingSince` null: it succeeded. */
  async recordHealth({ userId, id }: WebhookItem, failingSince: string | null): Promise<void> {
    const change = failingSince ? { set: [['failingSince', failingSince] as const] } : { remove: ['failingSince'] };
    await this.dynamo.update('webhooks', { userId, id }, { ...change, when: exists('id') });
  }

  /** Enters a webhook that is recorded as failing into the list that admins see. Idempotent. */
  async listAsFailing({ userId, id }: WebhookItem): Promise<void> {
    await this.failing.add(id, { userId, webhookId: id });
  }

  async disable({ userId, id }: WebhookItem, disabledReason: 'gone' | 'failing'): Promise<void> {
    await this.dynamo.update(
      'webhooks',
      { userId, id },
      {
        set: [
          ['enabled', false],
          ['disabledReason', disabledReason],
        ],
        when: all(exists('id'), equals('enabled', true)),
      },
    );
    this.cache.delete(userId);
  }

  async count(userId: string): Promise<number> {
    return this.dynamo.count('webhooks', { where: equals('userId', userId) });
  }

  /** Erases the webhooks of a user, then their deliveries. Idempotent. */
  async erase(userId: string): Promise<void> {
    const items = await this.list(userId);
    await this.dynamo.writeMany(
      'webhooks',
      items.map(({ id }) => ({ delete: { userId, id } })),
    );
    this.cache.delete(userId);
    await this.deliveries.erase(userId);
  }
}
