import { Injectable } from '@nestjs/common';
import type { DeliverWebhook } from '#contracts';
import { KeyedLimiter, LimiterFullError } from '#platform';
import { DeliveriesRepository } from './deliveries.repository';
import { WebhookAlarm } from './webhook-alarm';
import { WebhookSender, type WebhookAnswer } from './webhook-sender';
import { parseDeliveryKey, type DeliveryItem, type WebhookItem } from './webhook.item';
import { WebhooksRepository } from './webhooks.repository';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Pauses after each failed attempt, about a day in all; then the delivery has failed. */
const PAUSES_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 8 * HOUR, 8 * HOUR];
/** Spreads the retries of many deliveries that failed together. */
const JITTER = 0.2;
/** The longest pause that a receiver may ask for. */
const MAX_RETRY_AFTER_MS = HOUR;
/** A webhook without a success for so long is disabled. */
const DISABLE_AFTER_MS = 5 * 24 * HOUR;

/** Deliveries to one webhook at once, and how many wait for them: a slow receiver must not occupy all consumers. */
const CONCURRENCY = 16;
const MAX_WAITING = 32;
const BUSY_PAUSE_MS = 15 * SECOND;
const FAILING_PAUSE_MS = 5 * MINUTE;

/** Attempts to deliver to webhooks, and what follows from their answers. */
@Injectable()
export class WebhookAttempts {
  private readonly limiter = new KeyedLimiter(CONCURRENCY, MAX_WAITING);
  /** One delivery at a time tries whether a failing receiver works again. */
  private readonly failing = new KeyedLimiter(1, 0);

  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly sender: WebhookSender,
    private readonly alarm: WebhookAlarm,
  ) {}

  /** Attempts a pending delivery. Idempotent: a delivery that is not pending any more is left as it is. */
  async attempt({ userId, id }: DeliverWebhook): Promise<void> {
    const { webhookId } = parseDeliveryKey(id);
    const isFull = await this.unlessFull(this.limiter, webhookId, () => this.attemptNow(userId, webhookId, id));
    if (isFull) await this.postpone(userId, id, BUSY_PAUSE_MS);
  }

  /** Makes the only attempt of a delivery. */
  async attemptOnce(webhook: WebhookItem, delivery: DeliveryItem): Promise<DeliveryItem> {
    const claimed = (await this.deliveries.claim(delivery)) ?? delivery;
    const answer = await this.sender.send(webhook, claimed);
    if (answer.failure === null) await this.webhooks.recordHealth(webhook, null);
    return (await this.deliveries.settle(claimed, answer, null)) ?? claimed;
  }

  private async attemptNow(userId: string, webhookId: string, id: string): Promise<void> {
    const [webhook, delivery] = await Promise.all([
      this.webhooks.get(userId, webhookId),
      this.deliveries.get(userId, id),
    ]);
    if (delivery?.status !== 'pending') return;
    if (!webhook?.enabled) {
      const disabled = { responseStatus: null, durationMs: null, failure: 'disabled' } as const;
      await this.deliveries.settle(delivery, disabled, null);
      return;
    }
    const run = () => this.deliver(webhook, delivery);
    const isFull = webhook.failingSince ? await this.unlessFull(this.failing, webhookId, run) : await run();
    if (isFull) await this.deliveries.postpone(delivery, jittered(FAILING_PAUSE_MS));
  }

  private async deliver(webhook: WebhookItem, delivery: DeliveryItem): Promise<void> {
    const claimed = await this.deliveries.claim(delivery);
    if (!claimed) return;
    const answer = await this.sender.send(webhook, claimed);
    const retryAt = answer.failure === 'gone' ? null : nextAttemptAt(claimed, answer);
    await this.deliveries.settle(claimed, answer, retryAt);
    await this.recordHealth(webhook, answer);
  }

  private async recordHealth(webhook: WebhookItem, { failure }: WebhookAnswer): Promise<void> {
    if (failure === null) {
      if (webhook.failingSince) await this.webhooks.recordHealth(webhook, null);
      return;
    }
    const failingSince = webhook.failingSince ?? new Date().toISOString();
    const isHopeless = Date.now() - Date.parse(failingSince) > DISABLE_AFTER_MS;
    if (failure === 'gone' || isHopeless) return this.disable(webhook, failure === 'gone' ? 'gone' : 'failing');
    if (!webhook.failingSince) await this.webhooks.recordHealth(webhook, failingSince);
    await this.webhooks.listAsFailing(webhook); // at every failure, since a reader may have removed it meanwhile
  }

  /** The owner is notified first: a repetition after a crash in between notifies again with the same id. */
  private async disable(webhook: WebhookItem, reason: 'gone' | 'failing'): Promise<void> {
    await this.alarm.notify(webhook, reason);
    await this.webhooks.disable(webhook, reason);
  }

  private async postpone(userId: string, id: string, pauseMs: number): Promise<void> {
    const delivery = await this.deliveries.get(userId, id);
    if (delivery?.status === 'pending') await this.deliveries.postpone(delivery, jittered(pauseMs));
  }

  private async unlessFull(limiter: KeyedLimiter, key: string, work: () => Promise<void>): Promise<boolean> {
    return limiter.run(key, work).then(
      () => false,
      (error: unknown) => {
        if (error instanceof LimiterFullError) return true;
        throw error;
      },
    );
  }
}

const jittered = (pauseMs: number) => pauseMs * (1 + Math.random() * JITTER);

/** Returns epoch milliseconds, or null after the last attempt. */
function nextAttemptAt({ failures }: DeliveryItem, { retryAfterMs = 0 }: WebhookAnswer): number | null {
  const pauseMs = PAUSES_MS[failures];
  return pauseMs === undefined
    ? null
    : Date.now() + Math.max(jittered(pauseMs), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
