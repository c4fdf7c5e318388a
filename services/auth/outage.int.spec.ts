import { eventually, newAccount } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const measure = async <T>(call: Promise<T>) => {
  const startedAt = performance.now();
  const response = await call;
  return { response, ms: performance.now() - startedAt };
};

/** Requests of a client that is logged in, and of one that is not. */
async function prepareRequests() {
  const client = auth.client();
  const user = await client.register();
  const account = newAccount();
  const { email, password } = user.account;
  const calls = [
    () => client.problem('GET', '/api/auth/me'),
    () => client.problem('GET', '/api/nowhere'),
    () => client.problem('POST', '/api/auth/logout'),
    () => client.problem('POST', '/api/auth/login', { json: { email, password } }),
    () => auth.client().problem('POST', '/api/auth/login', { json: { email, password } }),
    () => auth.client().problem('POST', '/api/auth/register', { json: account }),
  ];
  return { client, account, user, send: () => Promise.all(calls.map((call) => measure(call()))) };
}

async function expectUnavailable(
  responses: Array<{ response: { status: number; code: string; headers: Headers }; ms: number }>,
) {
  for (const { response, ms } of responses) {
    expect(response).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(response.headers.get('retry-after')).toBe('5');
    expect(ms).toBeLessThan(5_000);
  }
}

it('returns 503, never 401, while Redis is unavailable, and recovers', async () => {
  const { client, account, user, send } = await prepareRequests();
  await auth.environment.redis.kill();
  await expectUnavailable(await send());
  expect((await auth.client().call('GET', '/api/openapi.json')).status).toBe(200);
  expect((await auth.client().call('GET', '/health/live')).status).toBe(200);
  expect(await auth.client().call('GET', '/health/ready')).toMatchObject({
    status: 503,
    body: { status: 'down', checks: { redis: 'down', dynamodb: 'ok' } },
  });
  await auth.environment.redis.restart();
  await auth.untilReady();
  expect(await client.expect(200, 'GET', '/api/auth/me')).toMatchObject({ id: user.id });
  await auth.client().register(account); // no half-created account blocks it
});

it('returns 503 within 5 s while Redis hangs', async () => {
  const { client, send } = await prepareRequests();
  process.kill(auth.environment.redis.pid, 'SIGSTOP');
  try {
    await expectUnavailable(await send());
    expect(await auth.client().call('GET', '/health/ready')).toMatchObject({
      status: 503,
      body: { checks: { redis: 'down' } },
    });
  } finally {
    process.kill(auth.environment.redis.pid, 'SIGCONT');
  }
  await auth.untilReady();
  await client.expect(200, 'GET', '/api/auth/me');
});

it('returns 503 within 5 s while DynamoDB hangs, and leaves no half-created account', async () => {
  const client = auth.client();
  const user = await client.register();
  const account = newAccount();
  const { email, password } = user.account;
  auth.dynamodb.pause();
  try {
    await expectUnavailable(
      await Promise.all([
        measure(client.problem('GET', '/api/auth/me')),
        measure(client.problem('PATCH', '/api/auth/me', { json: { username: account.username } })),
        measure(auth.client().problem('POST', '/api/auth/login', { json: { email, password } })),
        measure(auth.client().problem('POST', '/api/auth/register', { json: account })),
      ]),
    );
  } finally {
    auth.dynamodb.resume();
  }
  await client.expect(200, 'GET', '/api/auth/me');
  await eventually(
    () => auth.client().call('POST', '/api/auth/register', { json: account }),
    ({ status }) => status === 201,
  );
});
