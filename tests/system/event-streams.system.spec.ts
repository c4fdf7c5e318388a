import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  ApiClient,
  abortRequests,
  EventReader,
  eventually,
  freePort,
  makeJpegOf,
  startProcess,
  startTestEnvironment,
  type TestProcess,
  type TestEnvironment,
} from '#testing';
import { scrape } from './scrape';

const STREAMS_PER_USER = 20;

describe('event streams', () => {
  let environment: TestEnvironment;
  let service: TestProcess;
  let opsPort: number;
  let redis: Redis;
  let timersBefore: number;

  beforeAll(async () => {
    [environment, opsPort] = await Promise.all([startTestEnvironment(), freePort()]);
    service = await startProcess('standalone', environment.env({ OPS_PORT: String(opsPort) }));
    redis = new Redis(environment.redis.url);
    timersBefore = await timers();
  });
  afterAll(async () => {
    redis.disconnect();
    await service.stop();
    await environment.stop();
  });

  const newUser = async () => {
    const api = new ApiClient(service.url);
    await api.register();
    return api;
  };
  const timers = async () => (await scrape(opsPort))['nodejs_active_resources{type="Timeout"}'] ?? 0;
  /** The number of users to whose events the process is subscribed. */
  const subscriptions = async () => ((await redis.pubsub('CHANNELS', '*live:*')) as string[]).length;
  const spareTimers = 5; // of sweeps and retries that happen to run
  const expectNothingLeft = async () => {
    await eventually(subscriptions, (count) => count === 0);
    await eventually(timers, (count) => count <= timersBefore + spareTimers);
  };

  it('carry changed details and deletions of a medium', async () => {
    const api = await newUser();
    const reader = await EventReader.open(api);
    const { id } = await api.upload(await makeJpegOf(2_000));
    await api.expect(200, 'PATCH', `/api/media/${id}`, { json: { title: 'Renamed elsewhere' } });
    await api.expect(204, 'DELETE', `/api/media/${id}`);
    const events = await reader.until((all) => all.some(({ event }) => event === 'media-deleted'));
    expect(events).toContainEqual(
      expect.objectContaining({
        id: expect.any(String),
        event: 'media',
        data: expect.objectContaining({ id, title: 'Renamed elsewhere' }),
      }),
    );
    expect(events.at(-1)).toMatchObject({ id: expect.any(String), event: 'media-deleted', data: { id } });
    await reader.close();
  });

  it('leave no timer and no subscription when 500 of them are broken off', async () => {
    await abortRequests(await newUser(), '/api/events', 500);
    await sleep(500); // until the service has processed the last ones
    await expectNothingLeft();
  });

  it('leave none at logout, though their readers stay connected', async () => {
    const api = await newUser();
    const readers = await Promise.all(Array.from({ length: 10 }, () => EventReader.open(api)));
    await api.expect(204, 'POST', '/api/auth/logout');
    await expectNothingLeft();
    await Promise.all(readers.map((reader) => reader.closed));
  });

  it('leave none when Redis becomes unavailable while they open', async () => {
    const api = await newUser();
    const broken = abortRequests(api, '/api/events', 300);
    await environment.redis.kill();
    await broken;
    await environment.redis.restart();
    await expectNothingLeft();
    const reader = await eventually(
      () => EventReader.open(api).catch(() => null),
      (opened) => opened !== null,
    );
    await reader!.close();
  });

  it(`are ${STREAMS_PER_USER} per user at most: a further one ends the oldest`, async () => {
    const [api, other] = await Promise.all([newUser(), newUser()]);
    const ended: string[] = [];
    const open = async (name: string, client: ApiClient) => {
      const reader = await EventReader.open(client);
      void reader.closed.then(() => ended.push(name));
      return reader;
    };
    const readers = [await open('other', other)];
    for (let count = 1; count <= STREAMS_PER_USER + 2; count += 1) readers.push(await open(String(count), api));
    await eventually(
      async () => ended,
      ({ length }) => length >= 2,
    );
    await sleep(100);
    expect(ended).toEqual(['1', '2']);
    await Promise.all(readers.map((reader) => reader.close()));
    await expectNothingLeft();
  });
});
