import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditList } from '#contracts';
import { ApiClient, freePort, newAccount, startTestEnvironment, type TestEnvironment } from '#testing';
import { startProcess, type TestProcess } from './process.testing';

jest.setTimeout(60_000); // each test starts processes from source

let environment: TestEnvironment;
const started: TestProcess[] = [];
const start = (overrides: Record<string, string> = {}) => {
  const auth = startProcess('main.ts', environment.env({ LOG_LEVEL: 'info', ...overrides }));
  started.push(auth);
  return auth;
};
const admin = (args: string[], input?: string) => startProcess('admin.ts', environment.env(), args, input).ended;

beforeAll(async () => {
  environment = await startTestEnvironment();
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => environment.stop());

describe('the auth process', () => {
  it('serves the API on its port, and health and metrics on OPS_PORT', async () => {
    const opsPort = await freePort();
    const { url } = await start({ OPS_PORT: String(opsPort) }).ready;
    const [client, ops] = [new ApiClient(url), new ApiClient(`http://127.0.0.1:${opsPort}`)];
    await client.register();
    expect(await client.expect(200, 'GET', '/health/ready')).toMatchObject({ status: 'ok' });
    expect((await client.call('GET', '/metrics')).status).toBe(404);
    expect(await ops.expect(200, 'GET', '/health/ready')).toMatchObject({ status: 'ok', checks: { redis: 'ok' } });
    const metrics = await (await ops.fetch('GET', '/metrics')).text();
    expect(metrics).toContain(
      'http_request_duration_seconds_count{method="POST",route="/api/auth/register",status="201"} 1',
    );
    expect(metrics).toContain('process_cpu_seconds_total');
    expect((await ops.call('GET', '/api/auth/me')).status).toBe(404);
  });

  it('serves OPS_PORT on 127.0.0.1 only, wherever the API listens, unless OPS_HOST says otherwise', async () => {
    const [hidden, open] = [await freePort(), await freePort()];
    await start({ HOST: '127.0.0.2', OPS_PORT: String(hidden) }).ready;
    await expect(fetch(`http://127.0.0.2:${hidden}/metrics`)).rejects.toThrow('fetch failed');
    expect((await fetch(`http://127.0.0.1:${hidden}/health/live`)).status).toBe(200);
    await start({ OPS_HOST: '127.0.0.2', OPS_PORT: String(open) }).ready;
    expect((await fetch(`http://127.0.0.2:${open}/metrics`)).status).toBe(200);
  });

  it('refuses a name that DNS may have rebound to OPS_PORT on the loopback address', async () => {
    const opsPort = await freePort();
    await start({ OPS_PORT: String(opsPort) }).ready;
    const socket = connect(opsPort, '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nHost: rebind.example\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('starts beside another one at the same moment, without a configured OPS_PORT', async () => {
    const both = [start({ OPS_PORT: '' }), start({ OPS_PORT: '' })];
    const [one, other] = await Promise.all(both.map(({ ready }) => ready));
    expect(one!.opsPort).not.toBe(other!.opsPort);
    for (const { opsPort } of [one!, other!])
      expect((await fetch(`http://127.0.0.1:${opsPort}/health/live`)).status).toBe(200);
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip; // macOS has no prlimit
  itOnLinux('keeps file descriptors for its work when clients open more connections than it may have', async () => {
    const { child, ready } = start();
    execFileSync('prlimit', ['--pid', String(child.pid), '--nofile=256:256']);
    const { url } = await ready;
    const open = Array.from({ length: 300 }, () =>
      connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {}),
    );
    await sleep(500);
    expect(open.filter((socket) => socket.closed).length).toBeGreaterThan(100);
    open.find((socket) => !socket.closed)!.destroy();
    await sleep(200);
    await new ApiClient(url).register();
    for (const socket of open) socket.destroy();
  });

  it('exits on SIGTERM after the requests in flight', async () => {
    const { ready, ended, child } = start();
    const { url } = await ready;
    const body = JSON.stringify(newAccount());
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await sleep(200);
    child.kill('SIGTERM');
    await sleep(300);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    socket.write(body.slice(10));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 201 /);
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  it('exits when its supervisor disconnects', async () => {
    const { ready, ended, child } = start();
    await ready;
    child.disconnect();
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  it('reports an invalid setting in one line', async () => {
    const { code, stderr } = await start({ PORT: 'eighty' }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Configuration \(local mode\): PORT: .*\n$/);
  });

  it('reports a port that is in use in one line', async () => {
    const { url } = await start().ready;
    const { code, stderr } = await start({ PORT: new URL(url).port }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^listen EADDRINUSE.*\n$/);
  });
});

describe('npm run admin', () => {
  it('sets a new password, prints it once and ends the sessions', async () => {
    const { url } = await start().ready;
    const client = new ApiClient(url);
    const { account } = await client.register();
    const { code, stdout } = await admin(['reset-password', account.email.toUpperCase()]);
    expect(code).toBe(0);
    const password = /^New password of \S+: (\S{20})\n$/.exec(stdout)![1]!;
    expect((await client.call('GET', '/api/auth/me')).status).toBe(401);
    await client.login({ email: account.email, password });
    expect(await admin(['reset-password', account.email, '--stdin'], 'chosen by the operator\n')).toMatchObject({
      code: 0,
    });
    await client.login({ email: account.email, password: 'chosen by the operator' });
  });

  it('grants and revokes the role of an admin, and refuses to revoke that of the last one', async () => {
    const { url } = await start({ SNAPSTREAM_MODE: 'local' }).ready;
    const [first, second] = [new ApiClient(url), new ApiClient(url)];
    await first.register();
    const { account } = await second.register();
    const roleOf = async () => (await second.expect<{ role: string }>(200, 'GET', '/api/auth/me')).role;
    expect(await admin(['grant', account.email])).toMatchObject({
      code: 0,
      stdout: `${account.email} is an admin now.\n`,
    });
    expect(await roleOf()).toBe('admin');
    const { items } = await second.expect<AuditList>(200, 'GET', '/api/admin/audit');
    expect(items[0]).toMatchObject({ action: 'user.role', actor: { id: null }, from: 'command line' });
    await admin(['revoke', account.email]);
    expect(await roleOf()).toBe('user');
  });

  it.each([
    [['grant'], /^Usage:/],
    [['reset-password', 'nobody@example.com'], /^There is no account with the e-mail nobody@example\.com\.\n$/],
    [['drop-everything'], /^Usage:/],
  ])('rejects %j', async (args, message) => {
    const { code, stderr } = await admin(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
