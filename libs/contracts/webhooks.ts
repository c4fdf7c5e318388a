import { z } from 'zod';
import { eventChannels, type EventType, type EventTypeOf } from './events';

/** The events that a webhook can receive. */
export const webhookEventTypes = (Object.keys(eventChannels) as EventType[]).filter(
  (type): type is EventTypeOf<'webhooks'> => (eventChannels[type] as readonly string[]).includes('webhooks'),
);
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Why an attempt to deliver failed: code -> sentence for the owner of the webhook. */
export const webhookFailures = {
  unreachable: 'No connection could be made. Check the address and whether the receiver is running.',
  tls_failed: 'The certificate of the receiver is not valid for its address. Renew it, with its whole chain.',
  timeout: 'The receiver did not answer within 10 seconds. Let it answer first and work afterwards.',
  not_public: 'The name of the receiver leads to an address that is not public. Check its DNS records.',
  redirected: 'The receiver answered with a redirect, which is not followed. Enter the final address.',
  rejected: 'The receiver answered with an error status. Its log may say why.',
  gone: 'The receiver answered 410 Gone, so the webhook was disabled.',
  disabled: 'The webhook was disabled before this was delivered. Enable it, then deliver again.',
} as const;
export type WebhookFailureCode = keyof typeof webhookFailures;

const url = z.string().trim().min(1, 'Enter an address.').max(2_048);
const events = z
  .array(z.enum(webhookEventTypes))
  .min(1, 'Choose at least one event.')
  .transform((types) => [...new Set(types)]);

export const createWebhookRequest = z.strictObject({ url, events });
export type CreateWebhookRequest = z.infer<typeof createWebhookRequest>;
export const updateWebhookRequest = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  enabled: z.boolean().optional(),
});
export type UpdateWebhookRequest = z.infer<typeof updateWebhookRequest>;

export const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(webhookEventTypes)),
    enabled: z.boolean(),
    /** Why the server disabled it: its receiver answered 410, or failed for days. */
    disabledReason: z.enum(['gone', 'failing']).nullable(),
    /** Since when no delivery has succeeded; null while they do. */
    failingSince: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhookSchema>;
/** `secret` is part of the response of its creation only. */
export const newWebhookSchema = webhookSchema.extend({ secret: z.string() }).meta({ id: 'NewWebhook' });
export type NewWebhook = z.infer<typeof newWebhookSchema>;

export const webhookDeliverySchema = z
  .object({
    id: z.string(),
    /** The header `webhook-id`: the same at each attempt. */
    messageId: z.string(),
    type: z.enum([...webhookEventTypes, 'webhook.test']),
    status: z.enum(['pending', 'succeeded', 'failed']),
    attempts: z.int().nonnegative(),
    /** Of the latest attempt; null when it got no answer. */
    responseStatus: z.int().nullable(),
    durationMs: z.int().nonnegative().nullable(),
    failure: z
      .object({ code: z.enum(Object.keys(webhookFailures) as [WebhookFailureCode]), message: z.string() })
      .nullable(),
    createdAt: z.iso.datetime(),
    lastAttemptAt: z.iso.datetime().nullable(),
    nextAttemptAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;
export const webhookDeliveryListResponse = z
  .object({ items: z.array(webhookDeliverySchema), nextCursor: z.string().nullable() })
  .meta({ id: 'WebhookDeliveryList' });
export type WebhookDeliveryList = z.infer<typeof webhookDeliveryListResponse>;
