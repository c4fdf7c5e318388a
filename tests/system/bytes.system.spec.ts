import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeWav, deploymentsByStorage, type ApiClient, type Stack } from '#testing';

describe.each(deploymentsByStorage)('the bytes of a medium, %s', (deployment, start) => {
  let stack: Stack;
  let api: ApiClient;
  let path: string;
  let source: Buffer;
  let etag: string;

  beforeAll(async () => {
    stack = await start({ workers: 0 });
    ({ api } = await stack.newUser());
    source = await makeWav({ seconds: 1 });
    etag = `"${createHash('sha256').update(source).digest('hex')}"`;
    const media = await api.upload(new Uint8Array(source), { filename: 'Straße "x"; y.wav' });
    path = `/api/media/${media.id}/original`;
  });
  afterAll(() => stack.stop());

  const get = async (headers: Record<string, string> = {}, method = 'GET') => {
    const response = await api.fetch(method, path, { headers });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };

  it('are stored on disk or in S3, as the deployment says', () => {
    if (!stack.processes) return;
    expect(existsSync(join(stack.processes.dataDir, 'objects'))).toBe(!deployment.endsWith('S3'));
  });

  it('are exactly the uploaded ones, with validators and headers that prevent execution', async () => {
    const { status, headers, body } = await get();
    expect([status, body.equals(source), headers.get('etag')]).toEqual([200, true, etag]);
    expect(headers.get('content-type')).toBe('audio/wav');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/sandbox/);
    expect(headers.get('cache-control')).toMatch(/private/);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('content-disposition')).toMatch(/^inline; .*filename\*=UTF-8''Stra%C3%9Fe/);
  });

  it.each([
    ['p.html', 'p.html.wav'],
    ['p', 'p.wav'],
    ['P.WAV', 'P.WAV'],
  ])('are downloaded as %s with the ending of their type: %s', async (filename, expected) => {
    const { id } = await api.upload(new Uint8Array(source), { filename });
    const { headers } = await api.fetch('GET', `/api/media/${id}/original?download=1`);
    expect(headers.get('content-disposition')?.replaceAll('"', '')).toBe(`attachment; filename=${expected}`);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=100-', 100, Infinity],
    ['bytes=-7', -7, Infinity],
    ['bytes=-999999999', 0, Infinity],
    ['bytes=0-999999999', 0, Infinity],
  ])('answer the range %s with 206', async (range, from, to) => {
    const { status, headers, body } = await get({ range });
    const part = source.subarray(from, Math.min(to, source.length));
    const first = from < 0 ? source.length + from : from;
    expect([status, body.equals(part)]).toEqual([206, true]);
    expect(headers.get('content-range')).toBe(`bytes ${first}-${first + part.length - 1}/${source.length}`);
  });

  it.each(['bytes=0-1,5-6', 'lines=1-2', 'bytes=abc', 'bytes=9-1'])(
    'answer the range %s with the whole file or 416',
    async (range) => {
      const { status, body } = await get({ range });
      expect([200, 416]).toContain(status);
      if (status === 200) expect(body.equals(source)).toBe(true);
    },
  );

  it('answer a range beyond the end with 416', async () => {
    const { status, headers } = await get({ range: `bytes=${source.length}-` });
    expect([status, headers.get('content-range')]).toEqual([416, `bytes */${source.length}`]);
  });

  it('answer a matching If-None-Match with 304', async () => {
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('are sent whole when If-Range has another ETag', async () => {
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
  });

  it('answer HEAD with their length', async () => {
    const { status, headers, body } = await get({}, 'HEAD');
    expect([status, headers.get('content-length'), body.length]).toEqual([200, String(source.length), 0]);
  });

  it('require a login, and answer 404 not_ready for derived files before processing', async () => {
    expect((await fetch(new URL(path, stack.baseUrl))).status).toBe(401);
    expect(await api.problem('GET', path.replace('original', 'thumbnail'))).toMatchObject({
      status: 404,
      code: 'not_ready',
    });
    expect(await api.problem('GET', path.replace('original', 'nothing'))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
  });
});
