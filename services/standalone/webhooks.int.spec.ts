import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Webhook as Verifier } from 'standardwebhooks';
import type {
  AdminOverview,
  NewApiKey,
  NewWebhook,
  NotificationList,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryList,
} from '#contracts';
import { createService } from '#nest';
import { Dynamo } from '#platform';
import { ApiClient, eventually, makeJpeg, newAccount, startTestEnvironment, type TestEnvironment } from '#testing';
import { NotificationModule } from '../notification/notification.module';
import { WebhooksSweep } from '../notification/webhooks/webhooks.sweep';
import { StandaloneModule } from './standalone.module';

interface Message {
  headers: IncomingHttpHeaders;
  body: string;
}

let environment: TestEnvironment;
let app: NestExpressApplication;
let receiver: Server;
/** The messages that the receiver got for the test's owner, and the status of its next answers; 204 after them. */
const messages: Message[] = [];
const statuses: number[] = [];
/** The first account, which is an admin. */
let admin: ApiClient;
let owner: ApiClient;
let ownerId: string;

beforeAll(async () => {
  environment = await startTestEnvironment();
  app = await createService(StandaloneModule, {
    config: environment.config({ WEBHOOKS_ALLOW_PRIVATE: 'true' }),
    name: 'api',
  });
  await app.listen(0, '127.0.0.1');
  receiver = createServer(async (req, res) => {
    const body = Buffer.concat(await req.toArray()).toString();
    const isOwn = req.url!.startsWith(`/${ownerId}`);
    if (isOwn) messages.push({ headers: req.headers, body });
    res.writeHead((isOwn && statuses.shift()) || 204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  admin = new ApiClient(await app.getUrl());
  await admin.register();
});
beforeEach(async () => {
  messages.length = 0;
  statuses.length = 0;
  owner = new ApiClient(await app.getUrl());
  ({ id: ownerId } = await owner.register());
});
afterAll(async () => {
  receiver.close();
  await app.close();
  await environment.stop();
});

const addressOf = (path = '') => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${ownerId}${path}`;
const create = (request: object = {}) =>
  owner.expect<NewWebhook>(201, 'POST', '/api/webhooks', {
    json: { url: addressOf(), events: ['media.uploaded'], ...request },
  });
const get = (id: string) => owner.expect<Webhook>(200, 'GET', `/api/webhooks/${id}`);
/** Webhooks as an admin sees them in the overview. */
const channel = async () => {
  const { channels } = await admin.expect<AdminOverview>(200, 'GET', '/api/admin/overview');
  return channels.find(({ name }) => name === 'webhooks')!;
};
const deliveriesOf = async (id: string) =>
  (await owner.expect<WebhookDeliveryList>(200, 'GET', `/api/webhooks/${id}/deliveries`)).items;
const untilDelivery = (id: string, isReached: (delivery: WebhookDelivery) => boolean) =>
  eventually(
    () => deliveriesOf(id),
    (items) => items.length > 0 && isReached(items[0]!),
  ).then(([latest]) => latest!);
const upload = async () => owner.upload(new Uint8Array(await makeJpeg()), { filename: 'a.jpg' });
/** Queues every pending delivery, as the sweep does once it is due. */
const retryAll = () => app.get(WebhooksSweep).queueDue(new Date(Date.now() + 2 * 86_400_000));
const redeliver = (id: string, delivery: string) => `/api/webhooks/${id}/deliveries/${delivery}/redeliver`;

it('delivers the events that it receives, signed, and shows its secret once', async () => {
  const { secret, ...created } = await create();
  const other = await create({ url: addressOf('/other'), events: ['media.completed'] });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(created).toMatchObject({
    events: ['media.uploaded'],
    enabled: true,
    disabledReason: null,
    failingSince: null,
  });
  expect(await get(created.id)).toEqual(created);
  const { items } = await owner.expect<{ items: Webhook[] }>(200, 'GET', '/api/webhooks');
  expect(items.map(({ id }) => id)).toEqual([other.id, created.id]);

  const { id: mediaId } = await upload();
  const delivery = await untilDelivery(created.id, ({ status }) => status === 'succeeded');
  expect(delivery).toMatchObject({ type: 'media.uploaded', attempts: 1, responseStatus: 204, failure: null });
  expect(messages).toHaveLength(1);
  const { headers, body } = messages[0]!;
  expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toEqual({
    type: 'media.uploaded',
    timestamp: expect.any(String),
    data: { userId: ownerId, mediaId, title: 'a', kind: 'image', status: 'uploaded', round: 1 },
  });
  expect(headers['webhook-id']).toBe(delivery.messageId);
  expect(await deliveriesOf(other.id)).toEqual([]);
});

it('retries the same message until it is accepted, and again when its owner asks', async () => {
  const { id, secret } = await create();
  statuses.push(500, 503);
  await upload();
  const failed = await untilDelivery(id, ({ responseStatus }) => responseStatus === 500);
  expect(failed).toMatchObject({ status: 'pending', responseStatus: 500, failure: { code: 'rejected' } });
  await eventually(
    () => get(id),
    ({ failingSince }) => failingSince !== null,
  );
  const failing = await eventually(channel, ({ state }) => state === 'degraded');
  expect(failing.detail).toMatch(/^1 webhook /);
  await retryAll();
  await untilDelivery(id, ({ responseStatus }) => responseStatus === 503);
  await retryAll();
  await untilDelivery(id, ({ status }) => status === 'succeeded');
  await eventually(
    () => get(id),
    ({ failingSince }) => failingSince === null,
  );
  expect(await channel()).toMatchObject({ state: 'ok' });
  await owner.expect(202, 'POST', redeliver(id, failed.id));
  await untilDelivery(id, ({ status, attempts }) => status === 'succeeded' && attempts === 4);
  expect(new Set(messages.map(({ headers, body }) => `${headers['webhook-id'] as string} ${body}`)).size).toBe(1);
  for (const { headers, body } of messages) new Verifier(secret).verify(body, headers as Record<string, string>);
});

it('gives up a delivery after eight failed attempts', async () => {
  const { id } = await create({ url: 'http://127.0.0.1:1/' });
  await upload();
  await untilDelivery(id, ({ attempts }) => attempts === 1);
  const [delivery] = await eventually(
    async () => (await retryAll(), await deliveriesOf(id)),
    ([latest]) => latest!.status === 'failed',
  );
  expect(delivery).toMatchObject({ attempts: 8, failure: { code: 'unreachable' }, nextAttemptAt: null });
});

it.each([
  ['its receiver answers 410', 410, 0, 'gone'],
  ['nothing could be delivered for days', 500, 6, 'failing'],
])('is disabled when %s; its owner is notified and enables it', async (_name, status, days, disabledReason) => {
  const { id } = await create();
  if (days > 0) {
    const failingSince = new Date(Date.now() - days * 86_400_000).toISOString();
    await app.get(Dynamo).update('webhooks', { userId: ownerId, id }, { set: [['failingSince', failingSince]] });
  }
  statuses.push(status);
  await upload();
  const disabled = await eventually(
    () => get(id),
    ({ enabled }) => !enabled,
  );
  expect(disabled.disabledReason).toBe(disabledReason);
  const { items } = await owner.expect<NotificationList>(200, 'GET', '/api/notifications');
  expect(items.filter(({ type }) => type === 'webhook.disabled')).toHaveLength(1);
  const [delivery] = await deliveriesOf(id);
  expect(await owner.problem('POST', redeliver(id, delivery!.id))).toMatchObject({ code: 'webhook_disabled' });
  const enabled = await owner.expect<Webhook>(200, 'PATCH', `/api/webhooks/${id}`, { json: { enabled: true } });
  expect(enabled).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  await owner.expect(202, 'POST', redeliver(id, delivery!.id));
  await eventually(
    async () => messages.filter(({ headers }) => headers['webhook-id'] === delivery!.messageId).length,
    (count) => count === 2,
  );
});

it('is tested at once, whatever the receiver answers', async () => {
  const { id, secret } = await create({ events: ['media.failed'] });
  const test = () => owner.expect<WebhookDelivery>(200, 'POST', `/api/webhooks/${id}/test`);
  expect(await test()).toMatchObject({ type: 'webhook.test', status: 'succeeded', responseStatus: 204, attempts: 1 });
  const [{ headers, body }] = messages as [Message];
  expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'webhook.test',
    data: { webhookId: id },
  });
  statuses.push(404);
  expect(await test()).toMatchObject({ status: 'failed', responseStatus: 404, failure: { code: 'rejected' } });
  expect(await get(id)).toMatchObject({ enabled: true, failingSince: null });
  const page = await owner.expect<WebhookDeliveryList>(200, 'GET', `/api/webhooks/${id}/deliveries?limit=1`);
  expect(page).toMatchObject({ items: [{ status: 'failed' }], nextCursor: expect.any(String) });
  const next = `/api/webhooks/${id}/deliveries?cursor=${page.nextCursor}`;
  expect((await owner.expect<WebhookDeliveryList>(200, 'GET', next)).items).toMatchObject([{ status: 'succeeded' }]);
});

it('leads to a public address only, unless the operator allows others', async () => {
  const guarded = await createService(NotificationModule, { config: environment.config(), name: 'notification' });
  await guarded.listen(0, '127.0.0.1');
  const url = await guarded.getUrl();
  const call = (method: string, path: string, json: object) => owner.call(method, new URL(path, url).href, { json });
  for (const address of [addressOf(), 'https://127.0.0.1/', 'https://2130706433/', 'https://localhost/', 'nothing'])
    expect(await call('POST', '/api/webhooks', { url: address, events: ['media.uploaded'] })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'url' }] },
    });
  const allowed = await call('POST', '/api/webhooks', { url: 'https://8.8.8.8/hook', events: ['media.uploaded'] });
  const { id } = allowed.body as NewWebhook;
  expect(allowed.status).toBe(201);
  expect(await call('PATCH', `/api/webhooks/${id}`, { url: 'https://10.0.0.1/' })).toMatchObject({ status: 400 });
  await guarded.close();
});

it.each([
  [{ events: [] }, 'events'],
  [{ events: ['user.registered'] }, 'events.0'],
  [{ url: '' }, 'url'],
  [{ secret: 'mine' }, 'secret'],
])('is not created from %j', async (wrong, path) => {
  const json = { url: addressOf(), events: ['media.uploaded'], ...wrong };
  expect(await owner.problem('POST', '/api/webhooks', { json })).toMatchObject({
    code: 'validation_failed',
    errors: [{ path }],
  });
});

it('belongs to its owner, who has ten at most, needs a session, and takes it along', async () => {
  const { id } = await create();
  const stranger = new ApiClient(owner.baseUrl);
  await stranger.register();
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/test'],
    ['GET', '/deliveries'],
  ] as const)
    expect(await stranger.problem(method, `/api/webhooks/${id}${path}`)).toMatchObject({ code: 'not_found' });
  const { key } = await owner.expect<NewApiKey>(201, 'POST', '/api/auth/keys', {
    json: { name: 'script', scopes: ['media:read', 'media:write', 'uploads:write', 'notifications:read'] },
  });
  const script = new ApiClient(owner.baseUrl, { authorization: `Bearer ${key}` });
  expect(await script.problem('GET', '/api/webhooks')).toMatchObject({ code: 'insufficient_scope' });

  await Promise.all(Array.from({ length: 9 }, () => create()));
  const json = { url: addressOf(), events: ['media.uploaded'] };
  expect(await owner.problem('POST', '/api/webhooks', { json })).toMatchObject({ code: 'too_many_webhooks' });
  await owner.expect(204, 'DELETE', `/api/webhooks/${id}`);
  expect(await owner.problem('GET', `/api/webhooks/${id}`)).toMatchObject({ code: 'not_found' });
  await upload();
  await eventually(
    async () => messages.length,
    (count) => count === 9,
  );
});

it('is erased with its deliveries when the account is deleted', async () => {
  const account = newAccount();
  owner = new ApiClient(owner.baseUrl);
  ({ id: ownerId } = await owner.register(account));
  const { id } = await create();
  await upload();
  await untilDelivery(id, ({ status }) => status === 'succeeded');
  await owner.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
  await eventually(
    async () => {
      const left: string[] = [];
      for await (const row of app.get(Dynamo).scan<{ userId: string }>('webhooks', ['userId']))
        if (row.userId.startsWith(ownerId)) left.push(row.userId);
      return left;
    },
    (left) => left.length === 0,
  );
});
