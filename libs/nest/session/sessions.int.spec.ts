import { Controller, Module, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import { api, type SessionInfo } from '#contracts';
import { connectRedis } from '#platform';
import { ApiClient, eventually, startTestEnvironment, type TestEnvironment } from '#testing';
import {
  createService,
  CurrentUser,
  Endpoint,
  SessionEvents,
  Sessions,
  type SessionEnded,
  type SessionUser,
} from '../index';

const DAY_MS = 86_400_000;

@Controller()
class ProbeController {
  constructor(private readonly sessions: Sessions) {}

  @Endpoint({ ...api.auth.login, body: undefined as never })
  login(@Req() req: Request) {
    return this.sessions.start(req, { id: String(req.headers['x-user']), role: 'user' });
  }

  @Endpoint(api.auth.me)
  me(@CurrentUser() user: SessionUser) {
    return user;
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

let environment: TestEnvironment;
let app: NestExpressApplication;
let redis: Redis;
let sessions: Sessions;
let url: string;
let users = 0;

beforeAll(async () => {
  environment = await startTestEnvironment();
  app = await createService(ProbeModule, { config: environment.config(), name: 'probe' });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  sessions = app.get(Sessions);
  redis = connectRedis(environment.redis.url, 'waiting');
});
afterAll(async () => {
  redis.disconnect();
  await app.close();
  await environment.stop();
});

const login = async (userId = `user-${(users += 1)}`) => {
  const client = new ApiClient(url);
  const { sessionId } = await client.expect<SessionUser>(200, 'POST', '/api/auth/login', {
    headers: { 'x-user': userId },
  });
  return { client, userId, sessionId };
};
const statusOf = async (client: ApiClient) => (await client.call('GET', '/api/auth/me')).status;

/** Moves the creation and the last use of a session into the past. */
async function age(
  { userId, sessionId }: { userId: string; sessionId: string },
  { createdMs = 0, seenMs = 0 },
): Promise<void> {
  const index = `snapstream-sessions:${userId}`;
  const entry = JSON.parse((await redis.hget(index, sessionId))!) as { sid: string; createdAt: number; seenAt: number };
  const aged = { createdAt: entry.createdAt - createdMs, seenAt: entry.seenAt - seenMs };
  await redis.hset(index, sessionId, JSON.stringify({ ...entry, ...aged }));
  const key = `snapstream-session:${entry.sid}`;
  await redis.set(key, JSON.stringify({ ...(JSON.parse((await redis.get(key))!) as object), ...aged }), 'KEEPTTL');
}

it('renews a session and its cookie when it is used, at most once a minute', async () => {
  const session = await login();
  const first = await session.client.call('GET', '/api/auth/me');
  expect(first.headers.getSetCookie()).toEqual([]);
  await age(session, { seenMs: 61_000 });
  const [before] = await sessions.list(session.userId, session.sessionId);
  const renewed = await session.client.call('GET', '/api/auth/me');
  expect(renewed.headers.getSetCookie()).toHaveLength(1);
  const [after] = (await sessions.list(session.userId, session.sessionId)) as [SessionInfo];
  expect(Date.parse(after.lastSeenAt) - Date.parse(before!.lastSeenAt)).toBeGreaterThan(60_000);
  expect((await session.client.call('GET', '/api/auth/me')).headers.getSetCookie()).toEqual([]);
});

it('expires a session after 14 days without use', async () => {
  const session = await login();
  await age(session, { seenMs: 13.9 * DAY_MS });
  expect(await statusOf(session.client)).toBe(200);
  await age(session, { seenMs: 14.1 * DAY_MS });
  expect(await statusOf(session.client)).toBe(401);
  expect(await sessions.isAlive(session.userId, session.sessionId)).toBe(false);
  expect(await sessions.list(session.userId, '')).toEqual([]);
});

it('expires a session 90 days after the login, even if it is used', async () => {
  const session = await login();
  await age(session, { createdMs: 89 * DAY_MS, seenMs: 61_000 });
  expect(await statusOf(session.client)).toBe(200);
  const [key] = await redis.keys(`snapstream-session:${decodeURIComponent(session.client.cookie).split(/[:.]/)[2]}`);
  expect(await redis.ttl(key!)).toBeLessThanOrEqual(86_400);
  await age(session, { createdMs: 1.1 * DAY_MS });
  expect(await statusOf(session.client)).toBe(401);
});

it('keeps an ended session ended when an earlier request saves it again', async () => {
  const session = await login();
  const key = `snapstream-session:${decodeURIComponent(session.client.cookie).split(/[:.]/)[2]}`;
  const kept = (await redis.get(key))!;
  expect(await sessions.end(session.userId, session.sessionId)).toBe(true);
  expect(await redis.exists(key)).toBe(0);
  await redis.set(key, kept);
  expect(await statusOf(session.client)).toBe(401);
  expect(await sessions.end(session.userId, session.sessionId)).toBe(false);
});

it('ends the oldest session of a user who has more than 100', async () => {
  const logins = [];
  for (let count = 0; count < 102; count += 1) logins.push(await login('collector'));
  expect(await sessions.list('collector', '')).toHaveLength(100);
  expect(await Promise.all(logins.slice(0, 3).map(({ client }) => statusOf(client)))).toEqual([401, 401, 200]);
  expect(await statusOf(logins[101]!.client)).toBe(200);
});

it('notifies every process of ended sessions', async () => {
  const other = new SessionEvents(environment.redis.url, 'snapstream-');
  const ended: SessionEnded[] = [];
  const stop = other.onSessionEnded((event) => ended.push(event));
  await eventually(
    async () => redis.pubsub('NUMSUB', 'snapstream-sessions:ended'),
    ([, count]) => count === 1,
  );
  const [first, second] = [await login('many'), await login('many')];
  const kept = await login('many');
  await sessions.endAll('many', kept.sessionId);
  await eventually(
    async () => ended.length,
    (count) => count === 2,
  );
  expect(ended.map(({ sessionId }) => sessionId).toSorted()).toEqual([first.sessionId, second.sessionId].toSorted());
  expect(await Promise.all([first, second, kept].map(({ client }) => statusOf(client)))).toEqual([401, 401, 200]);
  stop();
  other.onApplicationShutdown();
});
