import { Controller } from '@nestjs/common';
import {
  api,
  createWebhookRequest,
  updateWebhookRequest,
  type CreateWebhookRequest,
  type NewWebhook,
  type UpdateWebhookRequest,
  type Webhook,
} from '#contracts';
import { CurrentUser, Endpoint, Id, ProblemError, ZodBody, type SessionUser } from '#nest';
import { retryInBackground } from '#platform';
import { DeliveriesRepository } from './deliveries.repository';
import { NotPublicError, WebhookAddresses } from './webhook-addresses';
import { toWebhook } from './webhook.item';
import { WebhooksRepository } from './webhooks.repository';

@Controller()
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly addresses: WebhookAddresses,
  ) {}

  @Endpoint(api.webhooks.create)
  async create(
    @CurrentUser() user: SessionUser,
    @ZodBody(createWebhookRequest) request: CreateWebhookRequest,
  ): Promise<NewWebhook> {
    await this.assertAllowed(request.url);
    const item = await this.webhooks.create(user.id, request);
    if (!item) throw new ProblemError('too_many_webhooks');
    return { ...toWebhook(item), secret: item.secret };
  }

  @Endpoint(api.webhooks.list)
  async list(@CurrentUser() user: SessionUser): Promise<{ items: Webhook[] }> {
    return { items: (await this.webhooks.list(user.id)).map(toWebhook) };
  }

  @Endpoint(api.webhooks.get)
  async get(@CurrentUser() user: SessionUser, @Id() id: string): Promise<Webhook> {
    const item = await this.webhooks.get(user.id, id);
    if (!item) throw new ProblemError('not_found');
    return toWebhook(item);
  }

  @Endpoint(api.webhooks.update)
  async update(
    @CurrentUser() user: SessionUser,
    @Id() id: string,
    @ZodBody(updateWebhookRequest) changes: UpdateWebhookRequest,
  ): Promise<Webhook> {
    if (changes.url !== undefined) await this.assertAllowed(changes.url);
    const item = await this.webhooks.change(user.id, id, changes);
    if (!item) throw new ProblemError('not_found');
    return toWebhook(item);
  }

  @Endpoint(api.webhooks.remove)
  async remove(@CurrentUser() user: SessionUser, @Id() id: string): Promise<void> {
    if (!(await this.webhooks.remove(user.id, id))) throw new ProblemError('not_found');
    // there may be thousands; without their webhook they are not attempted, and they expire
    void retryInBackground(() => this.deliveries.erase(user.id, id));
  }

  /**
   * A name that cannot be resolved now is accepted: each attempt checks again.
   * @throws {ProblemError} validation_failed
   */
  private async assertAllowed(url: string): Promise<void> {
    const violation = this.addresses.violationOf(url) ?? (await this.violationOfName(new URL(url).hostname));
    if (violation) throw new ProblemError('validation_failed', { errors: [{ path: 'url', message: violation }] });
  }

  private violationOfName(hostname: string): Promise<string | null> {
    return this.addresses.resolve(hostname).then(
      () => null,
      (error: unknown) =>
        error instanceof NotPublicError ? 'This name leads to an address that is not public.' : null,
    );
  }
}
