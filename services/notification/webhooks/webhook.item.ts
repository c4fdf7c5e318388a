import {
  webhookFailures,
  type Webhook,
  type WebhookDelivery,
  type WebhookEventType,
  type WebhookFailureCode,
} from '#contracts';
import { rowParser } from '#platform';

/** A webhook in the table `webhooks`, under its owner. */
export interface WebhookItem extends Omit<Webhook, 'failingSince' | 'disabledReason'> {
  schemaVersion: 1;
  userId: string;
  /** Signs the messages: `whsec_` and base64 (Standard Webhooks). */
  secret: string;
  failingSince?: string;
  disabledReason?: 'gone' | 'failing';
}

/** A delivery, in the partition `{userId}#deliveries`; its range key begins with the id of the webhook. */
export interface DeliveryItem {
  schemaVersion: 1;
  userId: string;
  id: string;
  messageId: string;
  type: WebhookEventType | 'webhook.test';
  /** The exact bytes of every attempt: they are signed. */
  body: string;
  status: WebhookDelivery['status'];
  /** Attempts so far. Each attempt increments it on condition that it is unchanged, so that two never run at once. */
  attempts: number;
  /** Failed attempts since the event or the owner's redelivery: the next pause. */
  failures: number;
  responseStatus?: number;
  durationMs?: number;
  failure?: WebhookFailureCode;
  createdAt: string;
  lastAttemptAt?: string;
  openShard?: string;
  /** When a pending delivery is attempted next, or, during an attempt, when it counts as lost. */
  openAt?: string;
  /** Epoch seconds, for the table's time to live. */
  expiresAt: number;
}

export const parseWebhook = rowParser<WebhookItem>();
export const parseDelivery = rowParser<DeliveryItem>();

const PARTITION = '#deliveries';
export const deliveriesOf = (userId: string) => `${userId}${PARTITION}`;
export const ownerOf = (partition: string) => partition.slice(0, -PARTITION.length);

/** Returns the range key of a delivery. */
export const deliveryKey = (webhookId: string, deliveryId: string) => `${webhookId}.${deliveryId}`;
/** Returns the webhook and the delivery of a range key. */
export function parseDeliveryKey(key: string): { webhookId: string; deliveryId: string } {
  const [webhookId = '', deliveryId = ''] = key.split('.');
  return { webhookId, deliveryId };
}

export function toWebhook(item: WebhookItem): Webhook {
  const { id, url, events, enabled, disabledReason = null, failingSince = null, createdAt, updatedAt } = item;
  return { id, url, events, enabled, disabledReason, failingSince, createdAt, updatedAt };
}

export function toDelivery(item: DeliveryItem): WebhookDelivery {
  const { messageId, type, status, attempts, responseStatus, durationMs, failure, createdAt, lastAttemptAt } = item;
  return {
    id: parseDeliveryKey(item.id).deliveryId,
    messageId,
    type,
    status,
    attempts,
    responseStatus: responseStatus ?? null,
    durationMs: durationMs ?? null,
    failure: failure ? { code: failure, message: webhookFailures[failure] } : null,
    createdAt,
    lastAttemptAt: lastAttemptAt ?? null,
    nextAttemptAt: status === 'pending' ? (item.openAt ?? null) : null,
  };
}
