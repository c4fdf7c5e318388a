import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Controller, Get, Module, Param, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import request from 'supertest';
import {
  api,
  registerRequest,
  updateMeRequest,
  workQueues,
  type RegisterRequest,
  type UpdateMeRequest,
} from '#contracts';
import { Locks } from '#platform';
import { startTestEnvironment, type TestEnvironment } from '#testing';
import {
  createService,
  CurrentUser,
  Endpoint,
  Id,
  ProblemError,
  ScalingMetric,
  Sessions,
  ZodBody,
  type SessionUser,
} from '../index';
import { Scaling } from '../ops/scaling';

@Controller()
class ProbeController {
  constructor(private readonly sessions: Sessions) {}

  @Endpoint(api.auth.register)
  async register(@Req() req: Request, @ZodBody(registerRequest) body: RegisterRequest) {
    await this.sessions.start(req, { id: body.username, role: 'user' });
    return body;
  }

  @Endpoint(api.auth.updateMe)
  update(@CurrentUser() user: SessionUser, @ZodBody(updateMeRequest) body: UpdateMeRequest) {
    return { user, body };
  }

  @Endpoint(api.media.get)
  get(@Id() id: string) {
    return { id };
  }

  @Endpoint(api.media.upload)
  upload(): never {
    throw new ProblemError('file_too_large');
  }

  @Get('/api/break/:how')
  break(@Param('how') how: string): never {
    if (how === 'uri') throw new URIError('malformed');
    throw new Error('the database password is hunter2');
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

const account = { username: 'ann', email: 'ann@example.com', password: 'long enough' };

describe('createService', () => {
  let environment: TestEnvironment;
  let app: NestExpressApplication;
  let server: Server;
  let cookie: string;
  const logged: string[] = [];
  const lines = () => logged.map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    environment = await startTestEnvironment();
    const config = environment.config({ LOG_LEVEL: 'info', TRUST_PROXY: '1' });
    app = await createService(ProbeModule, {
      config,
      name: 'probe',
      logTo: { write: (line) => void logged.push(line) },
    });
    await app.listen(0, '127.0.0.1');
    server = app.getHttpServer() as Server;
    const registered = await request(server).post('/api/auth/register').send(account).expect(201);
    cookie = registered.get('Set-Cookie')![0]!;
  });
  afterAll(async () => {
    await app.close();
    await environment.stop();
  });

  const asAnn = (method: 'get' | 'post' | 'patch' | 'delete' | 'put', path: string) =>
    request(server)[method](path).set('Cookie', cookie.split(';')[0]!);

  const send = (type: string, body: string) => asAnn('patch', '/api/auth/me').set('Content-Type', type).send(body);

  describe('the session cookie', () => {
    it('is HttpOnly, SameSite=Lax, valid for the whole origin and two weeks, and not Secure on plain http', () => {
      expect(cookie).toMatch(/^snapstream\.sid=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
      const expires = Date.parse(/Expires=([^;]+)/.exec(cookie)![1]!);
      expect(expires / 86_400_000 - Date.now() / 86_400_000).toBeCloseTo(14, 2);
    });

    it('is Secure over https', async () => {
      const { headers } = await request(server)
        .post('/api/auth/register')
        .set('X-Forwarded-Proto', 'https')
        .send(account)
        .expect(201);
      expect(headers['set-cookie']![0]).toContain('; Secure');
    });

    it('is sent at login only, not with each response', async () => {
      const { headers } = await asAnn('patch', '/api/auth/me').send({ username: 'ann2' }).expect(200);
      expect(headers['set-cookie']).toBeUndefined();
    });
  });

  it('refuses requests under a name that DNS may have rebound to it, before anything else', async () => {
    for (const headers of [
      { Host: 'rebind.example:3000', 'Sec-Fetch-Site': 'cross-site' },
      { 'X-Forwarded-Host': 'rebind.example' },
    ]) {
      const { body } = await request(server).post('/api/auth/register').set(headers).send({}).expect(421);
      expect(body).toMatchObject({ code: 'unknown_host', detail: expect.stringContaining('PUBLIC_URL') });
    }
  });

  describe('the order of checks', () => {
    it.each([
      [
        'cross-site before the session',
        { 'Sec-Fetch-Site': 'cross-site' },
        'post',
        '/api/nowhere',
        403,
        'cross_site_request',
      ],
      ['the session before the route', {}, 'post', '/api/nowhere', 401, 'unauthenticated'],
      ['the session for /api itself', {}, 'get', '/api', 401, 'unauthenticated'],
      ['the session in any spelling', {}, 'patch', '/API/Auth/Me/', 401, 'unauthenticated'],
      ['the session before the method', {}, 'put', '/api/auth/login', 401, 'unauthenticated'],
    ] as const)('%s', async (_, headers, method, path, status, code) => {
      const sent = request(server)[method](path);
      const { body } = await sent.set(headers).set('Content-Type', 'application/json').send('{broken').expect(status);
      expect(body).toMatchObject({ code, status });
    });

    it('the route before the body', async () => {
      const { body } = await asAnn('post', '/api/nowhere')
        .set('Content-Type', 'application/json')
        .send('{broken')
        .expect(404);
      expect(body.code).toBe('not_found');
    });

    it('the method before the body', async () => {
      const { body, headers } = await asAnn('put', '/api/auth/login')
        .set('Content-Type', 'application/json')
        .send('{broken')
        .expect(405);
      expect(body.code).toBe('method_not_allowed');
      expect(headers.allow).toBe('POST');
    });
  });

  describe('a body', () => {
    it.each([
      ['malformed', 'application/json', '{broken', 400, 'malformed_json'],
      ['not an object', 'application/json', '"text"', 400, 'malformed_json'],
      ['an array', 'application/json', '[]', 400, 'validation_failed'],
      ['too large', 'application/json', JSON.stringify({ username: 'x'.repeat(300_000) }), 413, 'payload_too_large'],
      ['too large and of another type', 'text/plain', 'x'.repeat(300_000), 413, 'payload_too_large'],
      ['a form', 'application/x-www-form-urlencoded', 'username=bob', 415, 'unsupported_media_type'],
      ['text that is JSON', 'text/plain', '{"username":"bob"}', 415, 'unsupported_media_type'],
      [
        'another character set',
        'application/json; charset=latin1',
        '{"username":"bob"}',
        415,
        'unsupported_media_type',
      ],
      ['explicit UTF-8', 'application/json; charset=utf-8', '{"username":"bob"}', 200, undefined],
    ])('%s', async (_, type, body, status, code) => {
      const answer = await send(type, body).expect(status);
      expect((answer.body as { code?: string }).code).toBe(code);
    });

    it('is missing: names every field', async () => {
      const { body } = await asAnn('patch', '/api/auth/me').expect(400);
      expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'username' }] });
    });

    it('has unknown fields: names each', async () => {
      const { body } = await send('application/json', '{"username":"bob","role":"admin","x":1}').expect(400);
      expect(body.errors).toEqual([
        { path: 'role', message: 'Unknown field. Remove it.' },
        { path: 'x', message: 'Unknown field. Remove it.' },
      ]);
    });
  });

  it('lets a client that is still sending read an early error response', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const sizeBytes = 8 * 1024 ** 2;
    socket.write(
      [
        'POST /api/media HTTP/1.1',
        'Host: x',
        `Cookie: ${cookie.split(';')[0]}`,
        'Content-Type: multipart/form-data; boundary=b',
        `Content-Length: ${sizeBytes}`,
        '\r\n',
      ].join('\r\n'),
    );
    const answer = Promise.withResolvers<string>();
    socket.once('data', (data) => answer.resolve(data.toString()));
    socket.once('error', answer.reject);
    for (let sent = 0; sent < sizeBytes; sent += 65_536)
      if (!socket.write(Buffer.alloc(65_536))) await new Promise((resolve) => socket.once('drain', resolve));
    expect(await answer.promise).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('returns problems as in RFC 9457 without details of the internal error', async () => {
    const { body, headers } = await asAnn('get', '/api/break/now').expect(500);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(Object.keys(body as object)).toEqual(['type', 'title', 'status', 'detail', 'code']);
    expect(body).toMatchObject({ type: 'urn:snapstream:problem:internal_error', status: 500, code: 'internal_error' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    const line = lines().findLast(({ path }) => path === '/api/break/now');
    expect(line).toMatchObject({
      level: 50,
      requestId: headers['x-request-id'],
      userId: 'ann',
      err: { stack: expect.stringContaining('service.int.spec') as string },
    });
  });

  it('returns malformed_request for a malformed path', async () => {
    expect((await asAnn('get', '/api/break/uri').expect(400)).body.code).toBe('malformed_request');
    expect((await asAnn('get', '/api/break/%E0%A4').expect(400)).body.code).toBe('malformed_request');
  });

  it.each(['nope', '%00', 'A'.repeat(3_000)])('returns 404 for an invalid id: %.9s', async (id) => {
    expect((await asAnn('get', `/api/media/${id}`).expect(404)).body.code).toBe('not_found');
  });

  it('sets a strict policy, and headers that would break plain http over https only', async () => {
    const csp =
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' blob: data:;media-src 'self' blob:;" +
      "connect-src 'self';font-src 'self';manifest-src 'self';worker-src 'self';form-action 'self';base-uri 'none';" +
      "frame-ancestors 'none'";
    const plain = await request(server).get('/api/docs').expect(200);
    expect(plain.headers).toMatchObject({
      'content-security-policy': csp,
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(plain.headers).not.toHaveProperty('strict-transport-security');
    expect(plain.headers).not.toHaveProperty('x-powered-by');
    const secure = await request(server).get('/api/docs').set('X-Forwarded-Proto', 'https').expect(200);
    expect(secure.headers['content-security-policy']).toBe(`${csp};upgrade-insecure-requests`);
    // without includeSubDomains: other hosts of a domain are not ours
    expect(secure.headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('serves the API document and its page without a session', async () => {
    expect((await request(server).get('/api/openapi.json').expect(200)).body.openapi).toBe('3.1.0');
    const { text } = await request(server).get('/api/docs').expect(200);
    for (const [, address] of text.matchAll(/(?:src|href)="([^"]+)"/g)) await request(server).get(address!).expect(200);
    expect(text).not.toMatch(/<script>|<style>|style=/);
  });

  it('compresses JSON for clients that accept it', async () => {
    const [plain, gzip] = await Promise.all(
      ['identity', 'gzip'].map((encoding) =>
        request(server).get('/api/openapi.json').set('Accept-Encoding', encoding).expect(200),
      ),
    );
    expect([plain!.headers['content-encoding'], gzip!.headers['content-encoding']]).toEqual([undefined, 'gzip']);
    expect(gzip!.body).toEqual(plain!.body);
    expect(plain!.headers.vary).toContain('Accept-Encoding');
  });

  it('serves health, but no metrics, on the public origin', async () => {
    expect((await request(server).get('/health/live').expect(200)).body).toEqual({ status: 'ok' });
    expect((await request(server).get('/health/ready').expect(200)).body).toEqual({
      status: 'ok',
      checks: { redis: 'ok', dynamodb: 'ok', storage: 'ok', alerts: 'ok', mail: 'ok', canary: 'ok' },
    });
    await request(server).get('/metrics').expect(404);
    expect(lines().filter(({ path }) => String(path).startsWith('/health'))).toEqual([]);
  });

  it('logs no password, cookie or query', async () => {
    await request(server)
      .get('/api/media?q=private-words')
      .set('Authorization', 'Bearer secret-token')
      .set('Cookie', cookie)
      .expect(404);
    const log = logged.join('');
    expect(log).toContain('"path":"/api/media"');
    for (const secret of [account.password, cookie.split(/[=;]/)[1]!, 'private-words', 'secret-token'])
      expect(log).not.toContain(secret);
  });

  it('logs the work ahead of each queue as CloudWatch metrics, once a minute in one process', async () => {
    const config = environment.config({
      SNAPSTREAM_MODE: 'aws',
      AWS_REGION: 'us-east-1',
      SNS_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:alerts',
    });
    logged.length = 0;
    const metric = () => new ScalingMetric(config, app.get(Scaling), app.get(Locks)); // of one process
    await metric().sweep();
    await metric().sweep();
    const metrics = lines().filter((line) => '_aws' in line);
    expect(metrics).toHaveLength(workQueues.length);
    expect(metrics[0]).toMatchObject({
      queue: 'image',
      workSeconds: 0,
      oldestSeconds: 0,
      _aws: { CloudWatchMetrics: [{ Namespace: 'SnapStream', Dimensions: [['queue']] }] },
    });
  });
});
