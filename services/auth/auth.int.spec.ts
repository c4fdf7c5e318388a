import type { SessionInfo, User } from '#contracts';
import { newAccount, type ApiClient } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth({ hashing: 'real' });
  await auth.client().register(); // the first account of an installation is its admin
});
afterAll(() => auth.stop());

const sessionsOf = async (client: ApiClient) =>
  (await client.expect<{ items: SessionInfo[] }>(200, 'GET', '/api/auth/sessions')).items;
const isLoggedIn = async (client: ApiClient) => (await client.call('GET', '/api/auth/me')).status === 200;
const registerClient = async (ip?: string) => {
  const client = auth.client(ip);
  const user = await client.register();
  return { client, user, account: user.account };
};

describe('POST /api/auth/register', () => {
  it('creates an account and a session, and returns the public fields only', async () => {
    const client = auth.client();
    const account = newAccount();
    const user = await client.expect<User>(201, 'POST', '/api/auth/register', { json: account });
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) as string,
      username: account.username,
      email: account.email,
      role: 'user',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    });
    expect(await client.expect(200, 'GET', '/api/auth/me')).toEqual(user);
  });

  it('stores e-mail and username as typed, and compares them case-insensitively', async () => {
    const { account } = await registerClient();
    const email = account.email.toUpperCase();
    const username = account.username.toUpperCase();
    expect(await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ email }) })).toMatchObject({
      status: 409,
      code: 'email_taken',
    });
    expect(await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ username }) })).toMatchObject(
      { status: 409, code: 'username_taken' },
    );
    const upperCased = newAccount();
    const user = await auth.client().register({ ...upperCased, email: ` ${upperCased.email.toUpperCase()} ` });
    expect(user.email).toBe(upperCased.email.toUpperCase());
    await auth.client().login({ email: upperCased.email, password: upperCased.password });
  });

  it('releases the e-mail of a registration whose username was taken', async () => {
    const { account } = await registerClient();
    const second = newAccount();
    await auth.client().problem('POST', '/api/auth/register', { json: { ...second, username: account.username } });
    await auth.client().register(second);
  });

  it.each([
    ['a short username', { username: 'ab' }, 'username'],
    ['a long username', { username: 'a'.repeat(33) }, 'username'],
    ['a space in the username', { username: 'ann lee' }, 'username'],
    ['a non-ASCII letter in the username', { username: 'änne' }, 'username'],
    ['an invalid e-mail', { email: 'nobody' }, 'email'],
    ['a long e-mail', { email: `${'a'.repeat(250)}@example.com` }, 'email'],
    ['a short password', { password: 'abc4567' }, 'password'],
    ['a long password', { password: 'ab'.repeat(64) + 'c' }, 'password'],
    ['seven emoji', { password: '🦊🦉🐝🐙🦔🐢🦋' }, 'password'],
    ['a common password', { password: 'Password123' }, 'password'],
    ['a sequence', { password: '87654321' }, 'password'],
    ['a repeated character', { password: 'zzzzzzzzzzzz' }, 'password'],
    ['the username as password', { username: 'margarethe', password: 'Margarethe' }, 'password'],
    ['the e-mail as password', { email: 'someone@example.com', password: 'someone@example.com' }, 'password'],
    ['a number as password', { password: 12_345_678 }, 'password'],
    ['a null username', { username: null }, 'username'],
    ['an unknown field', { role: 'admin' }, 'role'],
  ])('rejects %s', async (_, wrong, path) => {
    const problem = await auth.client().problem('POST', '/api/auth/register', { json: { ...newAccount(), ...wrong } });
    expect(problem).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ path, message: expect.any(String) as string }],
    });
  });

  it('compares all 128 characters of a password, after Unicode normalization', async () => {
    const long = newAccount({ password: `${'x'.repeat(60)} and ${'y'.repeat(62)}!` });
    expect(long.password).toHaveLength(128);
    await auth.client().register(long);
    expect(
      (
        await auth
          .client()
          .call('POST', '/api/auth/login', { json: { email: long.email, password: `${long.password.slice(0, -1)}?` } })
      ).status,
    ).toBe(401);
    await auth.client().login(long);
    const composed = newAccount({ password: 'Schl\u00fcssel-Br\u00f6tchen' });
    await auth.client().register(composed);
    await auth.client().login({ ...composed, password: composed.password.normalize('NFD') });
  });

  it('emits user.registered, and no user.logged_in', async () => {
    const { user, account } = await registerClient();
    const item = await auth.dynamo.get<{ pending: Record<string, unknown> }>('users', { pk: `user#${user.id}` });
    const [[id, event]] = Object.entries(item!.pending) as [[string, unknown]];
    const channels = { inApp: true, alerts: true, mail: true };
    const mail = {
      to: account.email,
      username: account.username,
      origin: auth.url,
      nonce: expect.any(String) as string,
    };
    const facts = { type: 'user.registered', occurredAt: user.createdAt, userId: user.id };
    expect(event).toEqual({ id, ...facts, mail, channels });
    expect(id).toMatch(new RegExp(`^${user.id}\\.user\\.registered\\.[0-9A-Z]{26}$`));
  });
});

const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
const failingLogin = async (email: string, ip: string) => {
  const startedAt = performance.now();
  const { headers: _, ...problem } = await auth
    .client(ip)
    .problem('POST', '/api/auth/login', { json: { email, password: 'a wrong one' } });
  return { problem, ms: performance.now() - startedAt };
};

describe('POST /api/auth/login', () => {
  it('starts another session and emits user.logged_in', async () => {
    const { account, user } = await registerClient();
    const client = auth.client();
    expect(await client.login(account)).toEqual(await client.expect(200, 'GET', '/api/auth/me'));
    expect(await sessionsOf(client)).toHaveLength(2);
    const item = await auth.dynamo.get<{ pending: Record<string, { type: string }> }>('users', {
      pk: `user#${user.id}`,
    });
    expect(
      Object.values(item!.pending)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['user.logged_in', 'user.registered']);
  });

  it('returns the same response in the same time for an unknown e-mail and a wrong password', async () => {
    const { account } = await registerClient();
    const known: number[] = [];
    const unknown: number[] = [];
    for (let at = 0; at < 15; at += 1) {
      const ip = `198.51.${at}.1`;
      const [a, b] = [await failingLogin(account.email, ip), await failingLogin(`nobody${at}@example.com`, ip)];
      expect(b.problem).toEqual(a.problem);
      expect(a.problem).toMatchObject({ status: 401, code: 'invalid_credentials' });
      known.push(a.ms);
      unknown.push(b.ms);
    }
    expect(median(unknown) / median(known)).toBeGreaterThan(0.6);
    expect(median(unknown) / median(known)).toBeLessThan(1.6);
  });

  it('issues a new session id to a client that sends one (session fixation)', async () => {
    const { client, account } = await registerClient();
    const before = client.cookie;
    const planted = client.clone();
    await client.login(account);
    expect(client.cookie).not.toBe(before);
    expect(await isLoggedIn(planted)).toBe(false);
    expect(await sessionsOf(client)).toHaveLength(1);
    const stranger = auth.client();
    await stranger.expect(200, 'POST', '/api/auth/login', {
      json: { email: account.email, password: account.password },
      headers: { cookie: 'snapstream.sid=s%3Aplanted.c2lnbmF0dXJl' },
    });
    expect(stranger.cookie).not.toContain('planted');
  });

  it('names missing fields, and ignores the query string', async () => {
    expect(await auth.client().problem('POST', '/api/auth/login', { json: {} })).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'email' }, { path: 'password' }],
    });
    expect(
      await auth.client().problem('POST', '/api/auth/login?email=a@b.example&password=from-the-query', { json: {} }),
    ).toMatchObject({ code: 'validation_failed' });
  });
});

describe('PATCH /api/auth/me', () => {
  it('changes the username and releases the old one', async () => {
    const { client, account } = await registerClient();
    const { username } = newAccount();
    expect(await client.expect(200, 'PATCH', '/api/auth/me', { json: { username } })).toMatchObject({ username });
    expect(await client.expect(200, 'GET', '/api/auth/me')).toMatchObject({ username });
    expect(await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ username }) })).toMatchObject(
      { code: 'username_taken' },
    );
    await auth.client().register(newAccount({ username: account.username }));
  });

  it('accepts a change of case only, and the current username', async () => {
    const { client, account } = await registerClient();
    const username = account.username.toUpperCase();
    for (const name of [username, username, account.username]) {
      expect(await client.expect(200, 'PATCH', '/api/auth/me', { json: { username: name } })).toMatchObject({
        username: name,
      });
    }
    expect(await auth.client().problem('POST', '/api/auth/register', { json: newAccount({ username }) })).toMatchObject(
      { code: 'username_taken' },
    );
  });

  it('rejects a taken or invalid username, and unknown fields', async () => {
    const { account } = await registerClient();
    const { client } = await registerClient();
    expect(
      await client.problem('PATCH', '/api/auth/me', { json: { username: account.username.toUpperCase() } }),
    ).toMatchObject({ status: 409, code: 'username_taken' });
    expect(await client.problem('PATCH', '/api/auth/me', { json: { username: '!' } })).toMatchObject({
      status: 400,
      code: 'validation_failed',
    });
    expect(
      await client.problem('PATCH', '/api/auth/me', { json: { username: 'good-name', email: 'x@example.com' } }),
    ).toMatchObject({ errors: [{ path: 'email' }] });
  });
});

describe('the log', () => {
  it('contains no password, cookie, e-mail or hash', async () => {
    const { client, account } = await registerClient();
    await auth
      .client()
      .problem('POST', '/api/auth/login', { json: { email: account.email, password: 'mistyped-password' } });
    await client.call('PUT', '/api/auth/me/password', {
      json: { currentPassword: 'mistyped-password', newPassword: 'brand-new-password' },
    });
    const log = auth.log.join('');
    expect(log).toContain('/api/auth/me/password');
    for (const secret of [
      account.password,
      'mistyped-password',
      'brand-new-password',
      client.cookie.split('=')[1]!,
      account.email,
      '$argon2id$',
    ])
      expect(log).not.toContain(secret);
  });
});
