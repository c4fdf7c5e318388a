import { Controller, Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { api, type PageQuery, type WebhookDelivery, type WebhookDeliveryList } from '#contracts';
import { CurrentUser, Endpoint, Id, ProblemError, Throttle, ZodQuery, type SessionUser } from '#nest';
import { isId, JobQueue, newId } from '#platform';
import { DeliveriesRepository } from './deliveries.repository';
import { WebhookAttempts } from './webhook-attempts';
import { deliveryKey, parseDeliveryKey, toDelivery, type WebhookItem } from './webhook.item';
import { WebhooksRepository } from './webhooks.repository';

/** Limits the deliveries that users start by hand, in number per user and minute. */
export const MANUAL_DELIVERIES = Symbol('Throttle of manual deliveries');

@Controller()
export class DeliveriesController {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly attempts: WebhookAttempts,
    private readonly queue: JobQueue,
    @Inject(MANUAL_DELIVERIES) private readonly throttle: Throttle,
  ) {}

  @Endpoint(api.webhooks.test)
  async test(@CurrentUser() user: SessionUser, @Id() id: string): Promise<WebhookDelivery> {
    const webhook = await this.find(user, id);
    await this.count(user);
    const messageId = newId();
    const body = JSON.stringify({ type: 'webhook.test', timestamp: new Date().toISOString(), data: { webhookId: id } });
    const message = { messageId, type: 'webhook.test', body } as const;
    const delivery = await this.deliveries.create(user.id, id, messageId, message);
    return toDelivery(await this.attempts.attemptOnce(webhook, delivery));
  }

  @Endpoint(api.webhooks.deliveries)
  async list(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodQuery(api.webhooks.deliveries.query) { limit, cursor }: PageQuery,
  ): Promise<WebhookDeliveryList> {
    const before = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
    if (before !== undefined && !isId(before))
      throw new ProblemError('validation_failed', {
        errors: [{ path: 'cursor', message: 'Send the nextCursor of a list unchanged.' }],
      });
    await this.find(user, id);
    const { items, next } = await this.deliveries.list({ userId: user.id, id }, limit, before);
    const nextCursor = next && Buffer.from(parseDeliveryKey(next).deliveryId).toString('base64url');
    return { items: items.map(toDelivery), nextCursor };
  }

  @Endpoint(api.webhooks.redeliver)
  async redeliver(@CurrentUser() user: SessionUser, @Id() id: string, @Req() req: Request): Promise<WebhookDelivery> {
    const webhook = await this.find(user, id);
    const delivery = await this.deliveries.get(user.id, deliveryKey(id, String(req.params.deliveryId)));
    if (!delivery) throw new ProblemError('not_found');
    if (!webhook.enabled) throw new ProblemError('webhook_disabled');
    await this.count(user);
    const reopened = await this.deliveries.reopen(delivery);
    if (!reopened) throw new ProblemError('not_found');
    await this.queue.sendSoon('webhookDeliveries', { userId: user.id, id: delivery.id });
    return toDelivery(reopened);
  }

  private async find(user: SessionUser, id: string): Promise<WebhookItem> {
    const webhook = await this.webhooks.get(user.id, id);
    if (!webhook) throw new ProblemError('not_found');
    return webhook;
  }

  private async count(user: SessionUser): Promise<void> {
    await (await this.throttle.reserve(user.id)).recordFailure();
  }
}
