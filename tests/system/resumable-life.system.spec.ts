import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, Problem } from '#contracts';
import {
  ApiClient,
  eventually,
  makeJpegOf,
  sha256,
  startPausable,
  startProcess,
  startStandalone,
  type Pausable,
  type Stack,
} from '#testing';

const MIB = 1024 ** 2;
const TUS = { 'Tus-Resumable': '1.0.0' };

const begin = async (api: ApiClient, sizeBytes: number) =>
  (await api.fetch('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(sizeBytes) } })).headers.get(
    'location',
  )!;
const append = (api: ApiClient, path: string, offset: number, bytes: Uint8Array<ArrayBuffer>) =>
  api.fetch('PATCH', path, {
    headers: { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) },
    body: bytes,
  });
const head = (api: ApiClient, path: string) => api.fetch('HEAD', path, { headers: TUS });
const listed = async (api: ApiClient) => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items;
const filesBelow = async (stack: Stack, ...folder: string[]) => {
  const entries = await readdir(join(stack.processes!.dataDir, 'objects', ...folder), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
};

describe('the life of a resumable upload', () => {
  let stack: Stack;
  let dynamodb: Pausable;
  const start = async (expirySeconds: number) => {
    stack = await startStandalone({
      workers: 0,
      dynamoEndpoint: async (endpoint) => (dynamodb = await startPausable(endpoint)).url,
      env: { UPLOAD_EXPIRY_SECONDS: String(expirySeconds), USER_QUOTA_BYTES: String(10 * MIB) },
    });
  };
  const stop = async () => {
    await stack.stop();
    await dynamodb.stop();
  };
  beforeEach(() => start(600));
  afterEach(stop);

  it('continues after the API was killed', async () => {
    const { api } = await stack.newUser();
    const bytes = await makeJpegOf(6 * MIB);
    const path = await begin(api, bytes.length);
    await append(api, path, 0, bytes.subarray(0, 2 * MIB));
    const { services, env } = stack.processes!;
    await services[0]!.kill();
    services[0] = await startProcess('standalone', { ...env, PORT: new URL(stack.baseUrl).port });
    expect((await head(api, path)).headers.get('upload-offset')).toBe(String(2 * MIB));
    expect((await append(api, path, 2 * MIB, bytes.subarray(2 * MIB))).status).toBe(204);
    expect((await listed(api)).map((media) => media.sha256)).toEqual([sha256(bytes)]);
  });

  it('continues at another instance while a request at the first one is still open', async () => {
    const { api } = await stack.newUser();
    const bytes = await makeJpegOf(4 * MIB);
    const path = await begin(api, bytes.length);
    const other = await startProcess('standalone', stack.processes!.env);
    const { hostname, port, host } = new URL(stack.baseUrl);
    const hanging = connect(Number(port), hostname);
    const requestHead = [
      `PATCH ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Cookie: ${api.cookie}`,
      'Tus-Resumable: 1.0.0',
      'Content-Type: application/offset+octet-stream',
      'Upload-Offset: 0',
      `Content-Length: ${bytes.length}`,
    ];
    hanging.write(`${requestHead.join('\r\n')}\r\n\r\n`);
    hanging.write(bytes.subarray(0, MIB));
    await sleep(1_000);
    const otherApi = new ApiClient(other.url, { cookie: api.cookie });
    const offset = Number((await head(otherApi, path)).headers.get('upload-offset'));
    expect(offset).toBe(MIB);
    expect((await append(otherApi, path, offset, bytes.subarray(offset))).status).toBe(204);
    expect((await listed(otherApi)).map((media) => media.sha256)).toEqual([sha256(bytes)]);
    hanging.destroy();
    await other.stop();
  });

  it('is erased when it expires, and its quota is released', async () => {
    await stop();
    await start(4);
    const { api } = await stack.newUser();
    const path = await begin(api, 9 * MIB);
    const { status, headers } = await append(api, path, 0, await makeJpegOf(MIB));
    expect(status).toBe(204);
    expect(Date.parse(headers.get('upload-expires')!) - Date.now()).toBeLessThan(4_000);
    expect(await filesBelow(stack, 'resumable')).toBe(2);
    await eventually(
      async () => (await head(api, path)).status,
      (found) => found === 404 || found === 410,
      12_000,
    );
    await eventually(
      () => filesBelow(stack, 'resumable'),
      (count) => count === 0,
      15_000,
    );
    expect((await head(api, path)).status).toBe(404);
    await eventually(
      () => begin(api, 9 * MIB),
      (created) => created?.startsWith('/api/uploads/'),
    );
  }, 40_000);

  it('is refused while DynamoDB hangs at its completion, and completed by the next request', async () => {
    const { api } = await stack.newUser();
    const bytes = await makeJpegOf(300_000);
    const path = await begin(api, bytes.length);
    const startedAt = Date.now();
    const answer = append(api, path, 0, bytes);
    setTimeout(() => dynamodb.pause(), 5);
    const refused = await answer;
    if (refused.status !== 204) {
      expect(((await refused.json()) as Problem).code).toBe('temporarily_unavailable');
      expect(Date.now() - startedAt).toBeLessThan(6_000);
    }
    dynamodb.resume();
    const finished = await eventually(
      () => head(api, path),
      ({ status }) => status === 200,
      10_000,
    );
    expect(finished.headers.get('upload-offset')).toBe(String(bytes.length));
    const items = await listed(api);
    expect(items.map(({ id, sha256: hash }) => [id, hash])).toEqual([
      [finished.headers.get('snapstream-media-id'), sha256(bytes)],
    ]);
    await eventually(
      () => filesBelow(stack, 'resumable'),
      (count) => count === 0,
    );
    expect(await filesBelow(stack, 'originals')).toBe(2);
  }, 40_000);

  it('leaves nothing when its creation carried all bytes and was refused while DynamoDB hung', async () => {
    const { api } = await stack.newUser();
    const bytes = await makeJpegOf(8 * MIB);
    const { hostname, port, host } = new URL(stack.baseUrl);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const requestHead = [
      'POST /api/uploads HTTP/1.1',
      `Host: ${host}`,
      `Cookie: ${api.cookie}`,
      'Tus-Resumable: 1.0.0',
      'Content-Type: application/offset+octet-stream',
      `Upload-Length: ${bytes.length}`,
      `Content-Length: ${bytes.length}`,
    ];
    socket.write(`${requestHead.join('\r\n')}\r\n\r\n`);
    socket.write(bytes.subarray(0, MIB));
    await eventually(
      () => filesBelow(stack, 'resumable'),
      (count) => count === 2,
    );
    socket.write(bytes.subarray(MIB));
    while ((await filesBelow(stack, 'originals')) === 0) await sleep(1);
    dynamodb.pause(); // the bytes are stored, and the medium is being written
    await eventually(
      () => Promise.resolve(answer),
      (text) => text.includes('HTTP/1.1'),
      15_000,
    );
    dynamodb.resume();
    socket.destroy();
    // the write was faster than the pause
    if (answer.includes('201 Created')) return expect(await listed(api)).toHaveLength(1);
    expect(answer).toContain('temporarily_unavailable');
    await stack.processes!.startWorker(); // its sweep removes an ambiguous write
    await eventually(
      () => filesBelow(stack),
      (count) => count === 0,
      20_000,
    );
    expect(await listed(api)).toEqual([]);
    await eventually(
      () => api.fetch('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(9 * MIB) } }),
      ({ status }) => status === 201,
    ); // its quota was released
  }, 40_000);

  it('is erased with the account', async () => {
    const { api, account } = await stack.newUser();
    const path = await begin(api, 5 * MIB);
    await append(api, path, 0, await makeJpegOf(2 * MIB));
    const twin = api.clone();
    await api.expect(202, 'DELETE', '/api/auth/me', { json: { password: account.password } });
    expect((await append(twin, path, 2 * MIB, await makeJpegOf(MIB))).status).toBe(401);
    await eventually(
      () => filesBelow(stack, 'resumable'),
      (count) => count === 0,
      20_000,
    );
  }, 40_000);
});
