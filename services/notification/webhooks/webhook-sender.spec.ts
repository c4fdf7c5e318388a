import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { newId } from '#platform';
import { WebhookAddresses } from './webhook-addresses';
import { WebhookSender } from './webhook-sender';
import type { DeliveryItem, WebhookItem } from './webhook.item';

const SECRET = `whsec_${Buffer.alloc(32, 'key').toString('base64')}`;
const BODY = JSON.stringify({ type: 'webhook.test', data: { title: 'Zürich 🌊' } });

let server: Server;
let url: string;
let answer: RequestListener;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((req, res) => answer(req, res));
  server.on('connection', (socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const sender = (options: { allowPrivate?: boolean; timeoutMs?: number } = {}) =>
  new WebhookSender(new WebhookAddresses({ webhooksAllowPrivate: options.allowPrivate ?? true }), options.timeoutMs);
const send = (to = url, options?: Parameters<typeof sender>[0]) =>
  sender(options).send({ url: to, secret: SECRET } as WebhookItem, { messageId: newId(), body: BODY } as DeliveryItem);

it('signs the message so that an independent library verifies it', async () => {
  const received = Promise.withResolvers<unknown>();
  answer = async (req, res) => {
    const body = Buffer.concat(await req.toArray()).toString();
    received.resolve(new Webhook(SECRET).verify(body, req.headers as Record<string, string>));
    res.writeHead(204).end();
  };
  expect(await send()).toMatchObject({ responseStatus: 204, failure: null });
  expect(await received.promise).toEqual(JSON.parse(BODY));
});

it.each<[string, RequestListener, object]>([
  ['an error', (_req, res) => res.writeHead(500).end('no'), { responseStatus: 500, failure: 'rejected' }],
  [
    'a request to slow down',
    (_req, res) => res.writeHead(429, { 'retry-after': '120' }).end(),
    { responseStatus: 429, failure: 'rejected', retryAfterMs: 120_000 },
  ],
  ['410', (_req, res) => res.writeHead(410).end(), { responseStatus: 410, failure: 'gone' }],
  [
    'a redirect, which is not followed',
    (req, res) => res.writeHead(req.url === '/hook' ? 307 : 204, { location: '/elsewhere' }).end(),
    { responseStatus: 307, failure: 'redirected' },
  ],
  [
    'an upgrade',
    (_req, res) => res.socket!.end('HTTP/1.1 101 No\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    { failure: 'unreachable' },
  ],
  ['no HTTP', (_req, res) => res.socket!.end('hello\r\n'), { responseStatus: null, failure: 'unreachable' }],
  ['a reset', (_req, res) => res.socket!.resetAndDestroy(), { responseStatus: null, failure: 'unreachable' }],
])('reports %s', async (_name, listener, expected) => {
  answer = listener;
  expect(await send()).toMatchObject(expected);
});

it('reports that nothing listens, and a receiver without a certificate', async () => {
  expect(await send('http://127.0.0.1:1/')).toMatchObject({ responseStatus: null, failure: 'unreachable' });
  expect(await send(url.replace('http:', 'https:'))).toMatchObject({ failure: 'tls_failed' });
});

it('gives up on a receiver that does not answer', async () => {
  answer = () => {};
  expect(await send(url, { timeoutMs: 100 })).toMatchObject({ responseStatus: null, failure: 'timeout' });
});

it('reads no more than the beginning of an endless answer', async () => {
  const closed = Promise.withResolvers<void>();
  answer = (_req, res) => {
    const write = () => {
      while (res.write(Buffer.alloc(16_384)));
    };
    res.on('drain', write).on('close', closed.resolve);
    write();
  };
  expect(await send()).toMatchObject({ responseStatus: 200, failure: null });
  await closed.promise;
});

it('connects to no address that the guard rejects, also when it was allowed before', async () => {
  answer = (_req, res) => res.writeHead(204).end();
  const before = sockets.size;
  for (const to of [url, url.replace('http:', 'https:'), 'https://localhost/'])
    expect(await send(to, { allowPrivate: false })).toMatchObject({ responseStatus: null, failure: 'not_public' });
  expect(sockets.size).toBe(before);
});
