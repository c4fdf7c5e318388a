import type { SessionInfo } from '#contracts';
import { SessionEvents } from '#nest';
import { eventually, type ApiClient } from '#testing';
import { startAuth, type AuthFixture } from './auth.testing';
import type { UserItem } from './user.item';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuth();
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

describe('POST /api/auth/logout', () => {
  it('ends the session on the server', async () => {
    const { client } = await registerClient();
    const thief = client.clone();
    const { status, headers } = await client.call('POST', '/api/auth/logout');
    expect([status, headers.get('clear-site-data')]).toEqual([204, '"cache"']); // pictures that the browser keeps
    expect(client.cookie).not.toContain('snapstream.sid');
    expect(await isLoggedIn(thief)).toBe(false);
    expect(await thief.problem('POST', '/api/auth/logout')).toMatchObject({ status: 401, code: 'unauthenticated' });
  });
});

describe('POST /api/auth/login', () => {
  it('works while events stay unconfirmed for weeks, by dropping the oldest login events', async () => {
    const { user, account } = await registerClient();
    const key = { pk: `user#${user.id}` };
    const pending = async () => Object.values((await auth.dynamo.get<UserItem>('users', key))!.pending);
    for (let day = 0; day < 70; day += 1) await auth.client().login(account);
    const events = await pending();
    expect(events.filter(({ type }) => type === 'user.registered')).toHaveLength(1);
    const logins = events.filter(({ type }) => type === 'user.logged_in').map(({ id }) => id);
    expect(logins).toHaveLength(60);
    await auth.client().login(account);
    const after = new Set((await pending()).map(({ id }) => id));
    const sorted = logins.toSorted(); // ids sort by time
    expect(sorted.filter((id) => !after.has(id))).toEqual([sorted[0]]);
  }, 60_000);
});

describe('PUT /api/auth/me/password', () => {
  it('ends every other session, rotates this one, and accepts the new password only', async () => {
    const { client, account } = await registerClient();
    const other = auth.client();
    await other.login(account);
    const thief = client.clone();
    const newPassword = 'quite another one';
    await client.expect(204, 'PUT', '/api/auth/me/password', {
      json: { currentPassword: account.password, newPassword },
    });
    expect(await Promise.all([client, other, thief].map(isLoggedIn))).toEqual([true, false, false]);
    expect(await sessionsOf(client)).toMatchObject([{ current: true }]);
    expect(
      await auth
        .client()
        .problem('POST', '/api/auth/login', { json: { email: account.email, password: account.password } }),
    ).toMatchObject({ code: 'invalid_credentials' });
    await auth.client().login({ ...account, password: newPassword });
  });

  it.each([
    ['a wrong current password', { currentPassword: 'not this one' }, 403, 'wrong_password'],
    ['a short new password', { newPassword: 'short' }, 400, 'validation_failed'],
    ['a common new password', { newPassword: 'iloveyou1' }, 400, 'validation_failed'],
    ['an unknown field', { logout: true }, 400, 'validation_failed'],
  ])('rejects %s and ends no session', async (_, wrong, status, code) => {
    const { client, account } = await registerClient();
    const other = auth.client();
    await other.login(account);
    const json = { currentPassword: account.password, newPassword: 'quite another one', ...wrong };
    expect(await client.problem('PUT', '/api/auth/me/password', { json })).toMatchObject({ status, code });
    expect(await isLoggedIn(other)).toBe(true);
    await auth.client().login(account);
  });
});

describe('GET /api/auth/sessions', () => {
  it('lists the sessions of the user, newest first, without their secrets', async () => {
    const { client, account } = await registerClient();
    const phone = auth.client();
    const { email, password } = account;
    await phone.expect(200, 'POST', '/api/auth/login', {
      json: { email, password },
      headers: { 'user-agent': `Phone/1.0 \u00e9${'x'.repeat(400)}` },
    });
    const sessions = await sessionsOf(client);
    expect(sessions).toMatchObject([{ current: false }, { current: true }]);
    expect(sessions[0]!.userAgent).toMatch(/^Phone\/1\.0 x+$/);
    expect(sessions[0]!.userAgent).toHaveLength(256);
    for (const { createdAt, lastSeenAt } of sessions)
      expect(Date.now() - Math.max(Date.parse(createdAt), Date.parse(lastSeenAt))).toBeLessThan(10_000);
    const secret = decodeURIComponent(phone.cookie).split(/[:.]/)[2]!;
    expect(JSON.stringify(sessions)).not.toContain(secret);
  });
});

describe('DELETE /api/auth/sessions/:id', () => {
  it('ends a session of the user, including the current one', async () => {
    const { client, account } = await registerClient();
    const phone = auth.client();
    await phone.login(account);
    const [newest, current] = await sessionsOf(client);
    await client.expect(204, 'DELETE', `/api/auth/sessions/${newest!.id}`);
    expect(await isLoggedIn(phone)).toBe(false);
    expect(await sessionsOf(client)).toHaveLength(1);
    await client.expect(204, 'DELETE', `/api/auth/sessions/${current!.id}`);
    expect(await isLoggedIn(client)).toBe(false);
  });

  it('returns 404 for an unknown session and for one of another user', async () => {
    const { client } = await registerClient();
    const other = await registerClient();
    const [session] = await sessionsOf(other.client);
    for (const id of [session!.id, 'nothing', '__proto__']) {
      expect(await client.problem('DELETE', `/api/auth/sessions/${id}`)).toMatchObject({
        status: 404,
        code: 'not_found',
      });
    }
    expect(await isLoggedIn(other.client)).toBe(true);
  });
});

describe('DELETE /api/auth/sessions', () => {
  it('ends and publishes every other session of the user, and no session of another user', async () => {
    const { client, account } = await registerClient();
    const bystander = await registerClient();
    const others = [auth.client(), auth.client()];
    for (const other of others) await other.login(account);
    const ids = (await sessionsOf(client)).filter(({ current }) => !current).map(({ id }) => id);
    const ended: string[] = [];
    const stop = auth.app.get(SessionEvents).onSessionEnded(({ sessionId }) => ended.push(sessionId));
    await client.expect(204, 'DELETE', '/api/auth/sessions');
    expect(await Promise.all([client, ...others, bystander.client].map(isLoggedIn))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(await sessionsOf(client)).toMatchObject([{ current: true }]);
    await eventually(
      () => Promise.resolve(ended.toSorted()),
      (published) => published.join() === ids.toSorted().join(),
    );
    stop();
    await client.expect(204, 'DELETE', '/api/auth/sessions'); // no other session is left
  });
});
