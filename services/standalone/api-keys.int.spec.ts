import { crc32 } from 'node:zlib';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ApiKey, NewApiKey, NewWebhook } from '#contracts';
import { createService } from '#nest';
import { Dynamo, userKey } from '#platform';
import { ApiClient, EventReader, makeJpeg, startTestEnvironment, type TestEnvironment } from '#testing';
import { StandaloneModule } from './standalone.module';

let environment: TestEnvironment;
let app: NestExpressApplication;
let owner: ApiClient;
let ownerId: string;
let url: string;

beforeAll(async () => {
  environment = await startTestEnvironment();
  app = await createService(StandaloneModule, { config: environment.config(), name: 'api' });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  owner = new ApiClient(url);
  ({ id: ownerId } = await owner.register());
});
afterAll(async () => {
  await app.close();
  await environment.stop();
});

const create = (request: object = {}, client = owner) =>
  client.expect<NewApiKey>(201, 'POST', '/api/auth/keys', {
    json: { name: 'script', scopes: ['media:read'], ...request },
  });
const withKey = (key: string) => new ApiClient(url, { authorization: `Bearer ${key}` });
const keysOf = async (client = owner) => (await client.expect<{ items: ApiKey[] }>(200, 'GET', '/api/auth/keys')).items;
/** The archive as text: its entries are not compressed. */
const textOf = async (reader: ApiClient) => (await reader.fetch('GET', '/api/media/export')).text();
const jpeg = async () => new Uint8Array(await makeJpeg());

describe('an API key', () => {
  it('is shown once, stored hashed, and listed with its last use until it is revoked', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const { key, ...created } = await create({ name: ' nightly\timport ', expiresAt });
    expect(key).toMatch(/^snap_[0-9A-Z]{26}_[0-9a-f]{56}$/);
    expect(created).toMatchObject({ name: 'nightly import', scopes: ['media:read'], expiresAt, lastUsedAt: null });
    expect(created.ending).toBe(key.slice(-4));
    expect(await keysOf()).toEqual([created]);
    const row = await app.get(Dynamo).get('users', userKey(ownerId));
    expect(JSON.stringify(row)).not.toContain(key);

    const answer = await withKey(key).fetch('GET', '/api/media');
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
    expect((await keysOf())[0]!.lastUsedAt).toEqual(expect.any(String));
    await owner.expect(204, 'DELETE', `/api/auth/keys/${created.id}`);
    expect(await keysOf()).toEqual([]);
    expect(await withKey(key).problem('GET', '/api/media')).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      detail: expect.stringContaining('API key'),
    });
    expect(await owner.problem('DELETE', `/api/auth/keys/${created.id}`)).toMatchObject({ code: 'not_found' });
  });

  it.each([
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['admin'] }, 'scopes.0'],
    [{ name: '\n' }, 'name'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ key: 'mine' }, 'key'],
  ])('is not created from %j', async (wrong, path) => {
    const problem = await owner.problem('POST', '/api/auth/keys', {
      json: { name: 'script', scopes: ['media:read'], ...wrong },
    });
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ path }] });
  });

  it('uploads by either protocol, reads and writes as its scopes allow, and nothing else', async () => {
    const uploader = withKey((await create({ scopes: ['uploads:write'] })).key);
    const reader = withKey((await create({ scopes: ['media:read'] })).key);
    const writer = withKey((await create({ scopes: ['media:write'] })).key);
    const bytes = await jpeg();
    const { id } = await uploader.upload(bytes, { filename: 'a.jpg' });
    const tus = await uploader.call('POST', '/api/uploads', {
      body: bytes,
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': String(bytes.length),
        'content-type': 'application/offset+octet-stream',
      },
    });
    expect([tus.status, tus.headers.get('snapstream-media-id')]).toEqual([201, expect.any(String)]);
    await reader.expect(200, 'GET', `/api/media/${id}/original`);
    await reader.expect(200, 'HEAD', `/api/media/${id}`);
    await writer.expect(200, 'PATCH', `/api/media/${id}`, { json: { title: 'By a script' } });

    const refusals = [
      [uploader, 'GET', '/api/media', 'media:read'],
      [reader, 'PATCH', `/api/media/${id}`, 'media:write'],
      [reader, 'POST', '/api/uploads', 'uploads:write'],
      [reader, 'POST', '/api/media', 'uploads:write media:write'],
      [writer, 'GET', '/api/events', 'notifications:read'],
      [writer, 'GET', '/api/auth/me', ''],
      [writer, 'POST', '/api/auth/logout', ''],
      [writer, 'DELETE', '/api/auth/me', ''],
      [writer, 'POST', '/api/auth/keys', ''],
      [writer, 'DELETE', '/api/notifications', ''],
    ] as const;
    for (const [client, method, path, scope] of refusals) {
      const problem = await client.problem(method, path, method === 'GET' ? {} : { json: {} });
      expect([path, problem.status, problem.code]).toEqual([path, 403, 'insufficient_scope']);
      expect(problem.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${scope}"`);
    }
    expect(await reader.problem('GET', '/api/nothing')).toMatchObject({ code: 'not_found' });
    expect(await reader.problem('PUT', '/api/media')).toMatchObject({ code: 'method_not_allowed' });
  });

  it('needs no same-origin check, and never lends its exemption to a cookie', async () => {
    const { key } = await create({ scopes: ['media:write'] });
    const crossSite = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    const json = { action: 'delete', ids: ['none'] };
    await withKey(key).expect(200, 'POST', '/api/media/batch', { json, headers: crossSite });
    for (const authorization of ['Bearer other', 'Basic c25hcF8=', 'snap_', ''])
      expect(
        await owner.problem('POST', '/api/media/batch', { json, headers: { ...crossSite, authorization } }),
      ).toMatchObject({ code: 'cross_site_request' });
    const forged = { ...crossSite, authorization: 'Bearer snap_x' };
    expect(await owner.problem('POST', '/api/media/batch', { json, headers: forged })).toMatchObject({ status: 401 });
    const login = { json: { email: 'a@b.c', password: 'x' }, headers: forged };
    expect(await owner.problem('POST', '/api/auth/login', login)).toMatchObject({ code: 'cross_site_request' });
  });

  it('is refused when it is mistyped or made up, and floods of made-up ones are throttled', async () => {
    const client = new ApiClient(url);
    const { id } = await client.register();
    const { key } = await create({}, client);
    const typo = key.slice(0, 40) + (key[40] === '0' ? '1' : '0') + key.slice(41);
    for (const wrong of [typo, 'snap_', `${key} x`, key.toUpperCase()])
      expect(await withKey(wrong).problem('GET', '/api/media')).toMatchObject({ status: 401 });
    const madeUp = (number: number) => {
      const start = `snap_${id}_${number.toString(16).padStart(48, '0')}`;
      return start + crc32(start).toString(16).padStart(8, '0');
    };
    const statusOf = async (number: number) => (await withKey(madeUp(number)).call('GET', '/api/media')).status;
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    expect(new Set(await Promise.all(numbers.map(statusOf)))).toEqual(new Set([401]));
    expect(await statusOf(0)).toBe(401); // a script with an old key does not use up the attempts
    const throttled = await withKey(madeUp(100)).problem('GET', '/api/media');
    expect([throttled.code, throttled.headers.get('retry-after')]).toEqual(['too_many_attempts', '900']);
    const neighbour = new ApiClient(url);
    await neighbour.register();
    await withKey((await create({}, neighbour)).key).expect(200, 'GET', '/api/media');
    await owner.expect(200, 'GET', '/api/media');
  });

  it('ends when it expires', async () => {
    const client = new ApiClient(url);
    const { id: userId } = await client.register();
    const { id, key } = await create({ expiresAt: new Date(Date.now() + 86_400_000).toISOString() }, client);
    await withKey(key).expect(200, 'GET', '/api/media');
    const past = [['apiKeys', id, 'expiresAt'], new Date(Date.now() - 1).toISOString()] as const;
    await app.get(Dynamo).update('users', userKey(userId), { set: [past] });
    expect(await withKey(key).problem('GET', '/api/media')).toMatchObject({ status: 401 });
    expect(await keysOf(client)).toMatchObject([{ id }]);
  });

  it('opens event streams, which end when it is revoked or the account is deleted', async () => {
    const client = new ApiClient(url);
    const { account: mine } = await client.register();
    const scopes = ['notifications:read'];
    const [first, second] = [await create({ scopes }, client), await create({ scopes }, client)];
    const [revoked, kept] = [await EventReader.open(withKey(first.key)), await EventReader.open(withKey(second.key))];
    await client.expect(204, 'DELETE', `/api/auth/keys/${first.id}`);
    await revoked.closed;
    await client.upload(await jpeg(), { filename: 'a.jpg' });
    await kept.until((events) => events.some(({ event }) => event === 'media'));
    await client.expect(202, 'DELETE', '/api/auth/me', { json: { password: mine.password } });
    await kept.closed;
    expect(await withKey(second.key).problem('GET', '/api/notifications')).toMatchObject({ status: 401 });
  });

  it('is named in the export of the account, which it cannot read itself', async () => {
    const client = new ApiClient(url);
    const { account } = await client.register();
    const { key, ...shown } = await create({ name: 'exporter' }, client);
    const hook = { url: 'https://8.8.8.8/hook', events: ['media.failed'] };
    const { secret } = await client.expect<NewWebhook>(201, 'POST', '/api/webhooks', { json: hook });
    const own = await textOf(client);
    for (const part of [account.email, JSON.stringify(shown), hook.url]) expect(own).toContain(part);
    for (const hidden of [key, secret, 'hash', 'password']) expect(own).not.toContain(hidden);
    const byKey = await textOf(withKey(key));
    expect(byKey).toContain('"media":[');
    for (const hidden of [account.email, 'exporter', hook.url]) expect(byKey).not.toContain(hidden);
  });

  it('is one of at most 20', async () => {
    const client = new ApiClient(url);
    await client.register();
    const answers = await Promise.all(
      Array.from({ length: 22 }, () =>
        client.call('POST', '/api/auth/keys', { json: { name: 'many', scopes: ['media:read'] } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      body: { code: 'too_many_api_keys' },
    });
  });
});
