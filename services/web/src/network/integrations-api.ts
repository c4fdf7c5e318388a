import type {
  ApiKey,
  ApiKeyScope,
  CreateWebhookRequest,
  NewApiKey,
  NewWebhook,
  UpdateWebhookRequest,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryList,
} from '#contracts';
import { call } from './api';

const keyPath = (id: string): string => `/api/auth/keys/${encodeURIComponent(id)}`;
const hookPath = (id: string): string => `/api/webhooks/${encodeURIComponent(id)}`;

/** The routes of API keys and webhooks. All of them throw as those of `api` do. */
export const integrationsApi = {
  keys: (signal: AbortSignal) => call<{ items: ApiKey[] }>('GET', '/api/auth/keys', { signal }),
  createKey: (body: { name: string; scopes: ApiKeyScope[]; expiresAt: string | null }) =>
    call<NewApiKey>('POST', '/api/auth/keys', { body }),
  revokeKey: (id: string) => call<void>('DELETE', keyPath(id)),

  webhooks: (signal: AbortSignal) => call<{ items: Webhook[] }>('GET', '/api/webhooks', { signal }),
  createWebhook: (body: CreateWebhookRequest) => call<NewWebhook>('POST', '/api/webhooks', { body }),
  updateWebhook: (id: string, body: UpdateWebhookRequest) => call<Webhook>('PATCH', hookPath(id), { body }),
  removeWebhook: (id: string) => call<void>('DELETE', hookPath(id)),
  testWebhook: (id: string) => call<WebhookDelivery>('POST', `${hookPath(id)}/test`),
  deliveries: (id: string) => call<WebhookDeliveryList>('GET', `${hookPath(id)}/deliveries?limit=20`),
  redeliver: (id: string, delivery: string) =>
    call<WebhookDelivery>('POST', `${hookPath(id)}/deliveries/${encodeURIComponent(delivery)}/redeliver`),
};
