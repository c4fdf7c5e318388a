import type { AdminUser, AdminUserList, AuditList, User } from '#contracts';
import { MediaCounters } from '#media';
import type { ApiClient } from '#testing';
import { startAuth, type AuthFixture } from '../auth.testing';
import { UserDirectory } from './user-directory';

let auth: AuthFixture;
let admin: ApiClient;
let first: User;
/** Of two accounts that registered at the same moment in an empty installation. */
let roles: string[];

beforeAll(async () => {
  auth = await startAuth();
  const clients = [auth.client('198.51.100.7'), auth.client('198.51.100.7')];
  const users = await Promise.all(clients.map((client) => client.register()));
  roles = users.map(({ role }) => role);
  [admin, first] = [clients[roles.indexOf('admin')]!, users[roles.indexOf('admin')]!];
});
afterAll(() => auth.stop());

const newUser = async (ip?: string) => {
  const client = auth.client(ip);
  const user = await client.register();
  return { client, user, account: user.account, path: `/api/admin/users/${user.id}` };
};
const change = (path: string, json: object) => admin.expect<AdminUser>(200, 'PATCH', path, { json });
const auditLog = async (query = '') => admin.expect<AuditList>(200, 'GET', `/api/admin/audit${query}`);

describe('the role', () => {
  it('is that of an admin for one account only, the first of an empty local installation', async () => {
    expect(roles.toSorted()).toEqual(['admin', 'user']);
    expect((await newUser()).user.role).toBe('user');
  });

  it('is shown to its owner, and acts at once when it is given or taken', async () => {
    const { client, path } = await newUser();
    await change(path, { role: 'admin' });
    expect(await client.expect(200, 'GET', '/api/auth/me')).toMatchObject({ role: 'admin' });
    await client.expect(200, 'GET', '/api/admin/users');
    await change(path, { role: 'user' });
    expect(await client.problem('GET', '/api/admin/users')).toMatchObject({ code: 'not_found' });
  });
});

describe('to anyone but an admin', () => {
  it.each([
    ['GET', '/api/admin/users', undefined],
    ['GET', '/API/Admin/Users/', undefined],
    ['POST', '/api/admin/users', { json: {} }],
    ['PATCH', '/api/admin/users/01ARZ3NDEKTSV4RRFFQ69G5FAV', { body: '{', headers: { 'content-type': 'text/plain' } }],
    ['DELETE', '/api/admin/users/01ARZ3NDEKTSV4RRFFQ69G5FAV', undefined],
    ['GET', '/api/admin/audit', undefined],
    ['GET', '/api/admin/anything', undefined],
    ['GET', '/api/admin', undefined],
  ] as const)('%s %s does not exist', async (method, path, options) => {
    const { client } = await newUser('198.51.100.9');
    for (const caller of [client, auth.client()])
      expect(await caller.problem(method, path, options)).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('GET /api/admin/users', () => {
  it('lists accounts newest first, page by page, and finds them by a part of name or e-mail', async () => {
    const made = [await newUser('198.51.100.10'), await newUser('198.51.100.10'), await newUser('198.51.100.10')];
    const page = await admin.expect<AdminUserList>(200, 'GET', '/api/admin/users?limit=2');
    expect(page.items.map(({ id }) => id)).toEqual([made[2]!.user.id, made[1]!.user.id]);
    const next = await admin.expect<AdminUserList>(200, 'GET', `/api/admin/users?limit=1&cursor=${page.nextCursor}`);
    expect(next.items).toEqual([
      {
        ...publicFields(made[0]!.user),
        disabled: false,
        quotaBytes: null,
        media: 0,
        failed: 0,
        bytes: 0,
      },
    ]);
    const q = made[0]!.user.email.slice(3, -4).toUpperCase();
    const found = await admin.expect<AdminUserList>(200, 'GET', `/api/admin/users?q=${encodeURIComponent(q)}`);
    expect(found).toMatchObject({ items: [{ id: made[0]!.user.id }], nextCursor: null });
    expect(await admin.problem('GET', '/api/admin/users?cursor=x')).toMatchObject({ code: 'validation_failed' });
  });

  it('includes accounts that are older than the list, once it was completed', async () => {
    const { user } = await newUser();
    await auth.app.get(UserDirectory).remove(user.id);
    await auth.app.get(UserDirectory).complete();
    const { items } = await admin.expect<AdminUserList>(200, 'GET', `/api/admin/users?q=${user.username}`);
    expect(items).toHaveLength(1);
  });
});

describe('PATCH /api/admin/users/:id', () => {
  it('disables an account: its sessions end, it cannot log in, and it is enabled again', async () => {
    const { client, account, path } = await newUser();
    expect(await change(path, { disabled: true })).toMatchObject({ disabled: true });
    expect((await client.call('GET', '/api/auth/me')).status).toBe(401);
    expect(await auth.client().problem('POST', '/api/auth/login', { json: credentials(account) })).toMatchObject({
      status: 403,
      code: 'account_disabled',
      detail: expect.stringContaining('operator') as string,
    });
    const wrong = { ...credentials(account), password: 'not the password' };
    expect(await auth.client().problem('POST', '/api/auth/login', { json: wrong })).toMatchObject({
      code: 'invalid_credentials',
    });
    await change(path, { disabled: false });
    await auth.client().login(account);
  });

  it('sets the quota of an account, and removes it', async () => {
    const { user, path } = await newUser();
    expect(await change(path, { quotaBytes: 10 })).toMatchObject({ quotaBytes: 10 });
    const reserve = (id: string) =>
      auth.app.get(MediaCounters).reserve(user.id, id, 11, null, { isFirst: true, isBrief: true });
    expect(await reserve('a')).toBe('full');
    expect(await change(path, { quotaBytes: null })).toMatchObject({ quotaBytes: null });
    expect(await reserve('a')).toBe('reserved');
  });

  it.each([[{}], [{ quotaBytes: -1 }], [{ role: 'owner' }], [{ username: 'x' }]])('refuses %j', async (json) => {
    const { path } = await newUser();
    expect(await admin.problem('PATCH', path, { json })).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('does not find accounts that do not exist', async () => {
    for (const id of ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'x'])
      expect(await admin.problem('PATCH', `/api/admin/users/${id}`, { json: { role: 'admin' } })).toMatchObject({
        code: 'not_found',
      });
  });
});

describe('the last admin', () => {
  it('is neither demoted nor disabled nor deleted, also by two requests at once', async () => {
    const own = `/api/admin/users/${first.id}`;
    for (const json of [{ role: 'user' }, { disabled: true }])
      expect(await admin.problem('PATCH', own, { json })).toMatchObject({ status: 409, code: 'last_admin' });
    expect(await admin.problem('DELETE', own)).toMatchObject({ status: 409, code: 'last_admin' });

    const second = await newUser();
    await change(second.path, { role: 'admin' });
    const demote = (path: string) => admin.call('PATCH', path, { json: { role: 'user' } });
    const statuses = (await Promise.all([demote(own), demote(second.path)])).map(({ status }) => status);
    expect(statuses.toSorted()).not.toEqual([200, 200]);
    const left = statuses[0] === 200 ? second.client : admin;
    await left.expect(200, 'GET', '/api/admin/users');
    if (left !== admin) await left.expect(200, 'PATCH', own, { json: { role: 'admin' } });
    await admin.call('PATCH', second.path, { json: { role: 'user' } });
  });

  it('may be any admin that can log in: a disabled one does not count', async () => {
    const second = await newUser();
    await change(second.path, { role: 'admin' });
    await change(second.path, { disabled: true });
    expect(await admin.problem('PATCH', `/api/admin/users/${first.id}`, { json: { role: 'user' } })).toMatchObject({
      code: 'last_admin',
    });
  });
});

describe('DELETE /api/admin/users/:id', () => {
  it('starts the erasure: the account cannot log in and is listed no more', async () => {
    const { client, user, account, path } = await newUser();
    expect((await admin.call('DELETE', path)).status).toBe(202);
    expect((await client.call('GET', '/api/auth/me')).status).toBe(401);
    expect(await auth.client().problem('POST', '/api/auth/login', { json: credentials(account) })).toMatchObject({
      code: 'invalid_credentials',
    });
    const { items } = await admin.expect<AdminUserList>(200, 'GET', `/api/admin/users?q=${user.username}`);
    expect(items).toEqual([]);
    expect(await admin.problem('DELETE', path)).toMatchObject({ code: 'not_found' });
  });
});

describe('GET /api/admin/audit', () => {
  it('tells who did what to whom, when and from where, newest first, page by page', async () => {
    const { user, path } = await newUser();
    await change(path, { role: 'admin', quotaBytes: 5 });
    await change(path, { role: 'user' });
    const { items, nextCursor } = await auditLog('?limit=2');
    expect(items).toEqual([
      {
        id: expect.any(String) as string,
        at: expect.stringMatching(/Z$/) as string,
        actor: { id: first.id, username: first.username },
        action: 'user.role',
        target: { kind: 'user', id: user.id, name: user.username },
        from: '198.51.100.7',
        details: { from: 'admin', to: 'user' },
        outcome: 'requested',
      },
      expect.objectContaining({ action: 'user.quota', details: { quotaBytes: 5 } }) as object,
    ]);
    const next = await auditLog(`?limit=1&cursor=${nextCursor}`);
    expect(next.items).toMatchObject([{ action: 'user.role', details: { to: 'admin' } }]);
  });

  it('names acts that were refused', async () => {
    await admin.problem('PATCH', `/api/admin/users/${first.id}`, { json: { disabled: true } });
    expect((await auditLog('?limit=2')).items).toMatchObject([
      { action: 'user.disable', outcome: 'last_admin' },
      { action: 'user.disable', outcome: 'requested' },
    ]);
  });
});

const publicFields = ({ id, username, email, role, createdAt }: User) => ({ id, username, email, role, createdAt });
const credentials = ({ email, password }: { email: string; password: string }) => ({ email, password });
