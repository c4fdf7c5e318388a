import { eventually, newAccount } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const timed = async <T>(call: Promise<T>) => {
  const startedAt = performance.now();
  const answer = await call;
  return { answer, ms: performance.now() - startedAt };
};

/** Every call of a browser that is logged in, and of one that is not. */
async function refusals() {
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
  return { client, account, user, ask: () => Promise.all(calls.map((call) => timed(call()))) };
}

async function expectUnavailable(
  answers: Array<{ answer: { status: number; code: string; headers: Headers }; ms: number }>,
) {
  for (const { answer, ms } of answers) {
    expect(answer).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(ms).toBeLessThan(5_000);
  }
}

it('answers 503, never 401, while Redis is gone; then all is as before', async () => {
  const { client, account, user, ask } = await refusals();
  await auth.environment.redis.kill();
  await expectUnavailable(await ask());
  expect((await auth.client().call('GET', '/api/openapi.json')).status).toBe(200);
  expect((await auth.client().call('GET', '/health/live')).status).toBe(200);
  expect(await auth.client().call('GET', '/health/ready')).toMatchObject({
    status: 503,
    body: { status: 'down', checks: { redis: 'down', dynamodb: 'ok' } },
  });
  await auth.environment.redis.restart();
  await auth.untilReady();
  expect(await client.expect(200, 'GET', '/api/auth/me')).toMatchObject({ id: user.id });
  await auth.client().register(account); // nothing half-made is in its way
});

it('answers 503 within 5 s while Redis hangs', async () => {
  const { client, ask } = await refusals();
  process.kill(auth.environment.redis.pid, 'SIGSTOP');
  try {
    await expectUnavailable(await ask());
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

it('answers 503 within 5 s while DynamoDB hangs, and nothing is half-made', async () => {
  const client = auth.client();
  const user = await client.register();
  const account = newAccount();
  const { email, password } = user.account;
  auth.dynamodb.pause();
  try {
    await expectUnavailable(
      await Promise.all([
        timed(client.problem('GET', '/api/auth/me')),
        timed(client.problem('PATCH', '/api/auth/me', { json: { username: account.username } })),
        timed(auth.client().problem('POST', '/api/auth/login', { json: { email, password } })),
        timed(auth.client().problem('POST', '/api/auth/register', { json: account })),
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
