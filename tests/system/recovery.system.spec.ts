import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaStats, NotificationList, User } from '#contracts';
import { Dynamo } from '#platform';
import {
  eventually,
  makeJpeg,
  makeMp4,
  makePng,
  startPausable,
  startStandalone,
  type ApiClient,
  type Pausable,
  type PublishedAlert,
  type Stack,
} from '#testing';
import { LEASE_MS } from '../../services/worker/lease';

const CONNECTIONS = 1_500;

const statuses = (media: Media) => media.history.map(({ status }) => status);

/** Expects one end, one notification and one alert per transition, however often a dependency was unavailable. */
async function expectOneEnd(stack: Stack, api: ApiClient, id: string): Promise<Media> {
  const media = await api.waitUntilSettled(id, 70_000);
  expect(media.status).toBe('completed');
  expect(statuses(media)).toEqual(['uploaded', 'processing', 'completed']);
  const notificationsOf = (list: NotificationList) => list.items.filter(({ mediaId }) => mediaId === id);
  const list = await eventually(
    () => api.expect<NotificationList>(200, 'GET', '/api/notifications?limit=100'),
    (all) => notificationsOf(all).length > 0,
    30_000, // a channel that could not deliver tries again after a while
  );
  expect(notificationsOf(list).map(({ type }) => type)).toEqual(['media.completed']);
  const idsOf = (alerts: PublishedAlert[]) =>
    [
      ...new Set(
        alerts
          .map(({ message }) => message)
          .filter(({ mediaId }) => mediaId === id)
          .map((message) => message.id),
      ),
    ].toSorted();
  // an event whose wake-up was lost is sent again after 30 s
  const alerts = await eventually(stack.alerts!, (all) => idsOf(all).length >= 3, 45_000);
  expect(idsOf(alerts)).toEqual([`${id}.completed.1`, `${id}.processing.1`, `${id}.uploaded.1`]);
  return media;
}

describe('recovery', () => {
  let stack: Stack;
  let api: ApiClient;
  let dynamodb: Pausable;
  beforeAll(async () => {
    stack = await startStandalone({
      dynamoEndpoint: async (endpoint) => (dynamodb = await startPausable(endpoint)).url,
    });
  });
  beforeEach(async () => {
    ({ api } = await stack.newUser());
  });
  afterAll(async () => {
    await stack.stop();
    await dynamodb.stop();
  });

  it('processes an upload whose wake-up was lost with Redis, once a worker starts', async () => {
    const { workers, environment, startWorker } = stack.processes!;
    await workers.pop()!.stop();
    const { id } = await api.upload(new Uint8Array(await makeJpeg()), { filename: 'later.jpg' });
    await environment.redis.kill();
    await environment.redis.restart();
    await eventually(
      () => api.call('GET', '/api/media'),
      ({ status }) => status === 200 || status === 401,
    );
    await startWorker();
    await expectOneEnd(stack, api, id);
  }, 120_000);

  it('accepts an upload during which Redis becomes unavailable, and answers new requests with 503', async () => {
    const { environment } = stack.processes!;
    const bytes = new Uint8Array(await makePng());
    const upload = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n');
      yield bytes.subarray(0, 100);
      await sleep(500); // the session was read
      await environment.redis.kill();
      yield bytes.subarray(100);
      yield Buffer.from('\r\n--x--\r\n');
    };
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await api.call<Media>('POST', '/api/media', {
      body: ReadableStream.from(upload()) as ReadableStream,
      headers,
    });
    expect(answer.status).toBe(201);
    const startedAt = Date.now();
    expect(await api.problem('GET', '/api/media')).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    await environment.redis.restart();
    await eventually(
      () => api.call('GET', '/api/media'),
      ({ status }) => status === 200,
    );
    await expectOneEnd(stack, api, answer.body.id);
  }, 120_000);

  it('deletes a medium that is being processed', async () => {
    const { id } = await api.upload(
      new Uint8Array(await makeMp4({ seconds: 12, width: 640, height: 360, videoCodec: 'mpeg4' })),
      { filename: 'gone.mp4' },
    );
    await eventually(
      () => api.media(id),
      ({ status }) => status === 'processing',
    );
    await api.expect(204, 'DELETE', `/api/media/${id}`);
    await eventually(
      () => api.expect<MediaStats>(200, 'GET', '/api/media/stats'),
      ({ total, processing }) => total === 0 && processing === 0,
      30_000,
    );
    const files = async () =>
      (await readdir(join(stack.processes!.dataDir, 'objects'), { recursive: true, withFileTypes: true })).filter(
        (entry) => entry.isFile() && entry.parentPath.includes(id),
      );
    await eventually(files, (left) => left.length === 0, 30_000);
    expect(await api.problem('GET', `/api/media/${id}`)).toMatchObject({ code: 'not_found' });
  }, 120_000);

  it(`answers ${CONNECTIONS} connections that were opened while the API was stopped`, async () => {
    const { services } = stack.processes!;
    const { hostname, port, host } = new URL(stack.baseUrl);
    services[0]!.signal('SIGSTOP');
    const sockets = Array.from({ length: CONNECTIONS }, () => connect(Number(port), hostname));
    const connected = await Promise.all(
      sockets.map((socket) =>
        once(socket, 'connect', { signal: AbortSignal.timeout(5_000) }).then(
          () => true,
          () => false,
        ),
      ),
    );
    services[0]!.signal('SIGCONT');
    expect(connected.filter(Boolean)).toHaveLength(CONNECTIONS);
    const answers = sockets.map(async (socket) => {
      socket.write(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      return (await text(socket)).slice(0, 15);
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200 OK']));
  }, 30_000);

  it('counts no crash when DynamoDB is unavailable for longer than a lease', async () => {
    const { environment } = stack.processes!;
    const { id } = await api.upload(
      new Uint8Array(await makeMp4({ seconds: 8, width: 640, height: 360, videoCodec: 'mpeg4' })),
      { filename: 'patient.mp4' },
    );
    await eventually(
      () => api.media(id),
      ({ status }) => status === 'processing',
    );
    dynamodb.pause();
    await sleep(LEASE_MS + 1_000);
    dynamodb.resume();
    await expectOneEnd(stack, api, id);
    const table = Dynamo.connect(environment.config());
    const { id: userId } = await api.expect<User>(200, 'GET', '/api/auth/me');
    expect(await table.get('media', { userId, id })).toMatchObject({ crashes: 0, errors: 0 });
    table.close();
  }, 120_000);

  it('releases the item of a worker that is stopped', async () => {
    const { id } = await api.upload(
      new Uint8Array(await makeMp4({ seconds: 12, width: 640, height: 360, videoCodec: 'mpeg4' })),
      { filename: 'deploy.mp4' },
    );
    await eventually(
      () => api.media(id),
      ({ status }) => status === 'processing',
    );
    const startedAt = Date.now();
    expect(await stack.processes!.workers.pop()!.stop()).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    await stack.processes!.startWorker();
    await expectOneEnd(stack, api, id);
  }, 120_000);
});
