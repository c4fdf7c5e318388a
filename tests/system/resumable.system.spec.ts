import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Upload, type UploadOptions } from 'tus-js-client';
import type { Media, MediaStats, Problem } from '#contracts';
import { eventually, makeJpegOf, sha256, deploymentsByStorage, type ApiClient, type Stack } from '#testing';

const MIB = 1024 ** 2;
const MAX_UPLOAD_BYTES = 24 * MIB;
const USER_QUOTA_BYTES = 60 * MIB;
const TUS = { 'Tus-Resumable': '1.0.0' };
const BYTES = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The problem of a refused tus request. */
const refusal = async (answer: Promise<Response>) => {
  const response = await answer;
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('tus-resumable')).toBe('1.0.0');
  return (await response.json()) as Problem;
};
const digest = (algorithm: string, of: Uint8Array) =>
  `${algorithm} ${createHash(algorithm).update(of).digest('base64')}`;

describe.each(deploymentsByStorage)('resumable uploads, %s', (_name, start) => {
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    stack = await start({
      workers: 0,
      env: {
        MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
        USER_QUOTA_BYTES: String(USER_QUOTA_BYTES),
        UPLOAD_IDLE_SECONDS: '2',
      },
    });
    ({ api } = await stack.newUser());
  });
  afterAll(() => stack.stop());
  beforeEach(async () => {
    ({ api } = await stack.newUser());
  });

  const begin = async (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) => {
    const answer = await api.fetch('POST', '/api/uploads', { headers: { ...TUS, ...headers }, ...(body && { body }) });
    return { status: answer.status, headers: answer.headers, path: answer.headers.get('location') ?? '' };
  };
  const beginOf = async (sizeBytes: number) => (await begin({ 'Upload-Length': String(sizeBytes) })).path;
  const append = (path: string, offset: number, bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    api.fetch('PATCH', path, { headers: { ...BYTES, 'Upload-Offset': String(offset), ...headers }, body: bytes });
  /** The head of a PATCH from offset 0, for a raw socket. */
  const patchHead = (path: string, host: string, sizeBytes: number) =>
    `${[
      `PATCH ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Cookie: ${api.cookie}`,
      'Tus-Resumable: 1.0.0',
      `Content-Type: ${BYTES['Content-Type']}`,
      'Upload-Offset: 0',
      `Content-Length: ${sizeBytes}`,
    ].join('\r\n')}\r\n\r\n`;
  const head = (path: string, client = api) => client.fetch('HEAD', path, { headers: TUS });
  const offsetOf = async (path: string) => Number((await head(path)).headers.get('upload-offset'));
  const listed = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items;
  const original = async (id: string) =>
    Buffer.from(await (await api.fetch('GET', `/api/media/${id}/original`)).arrayBuffer());
  /** The whole quota is available. */
  const expectFullQuota = async () =>
    expect((await begin({ 'Upload-Length': String(MAX_UPLOAD_BYTES) })).status).toBe(201);

  /** An upload by tus-js-client, as in browsers. */
  const client = (bytes: Buffer<ArrayBuffer>, options: Partial<UploadOptions> = {}) => {
    const done = Promise.withResolvers<Upload>();
    const upload: Upload = new Upload(bytes as never, {
      endpoint: `${stack.baseUrl}/api/uploads`,
      headers: { cookie: api.cookie },
      metadata: { filename: 'sea.jpg', batch: 'drop-1' },
      retryDelays: null,
      onSuccess: () => done.resolve(upload),
      onError: (error) => done.reject(error),
      ...options,
    });
    return { upload, done: done.promise };
  };

  it('lists its tus extensions', async () => {
    const { status, headers } = await api.fetch('OPTIONS', '/api/uploads');
    expect(status).toBe(204);
    expect(headers.get('tus-version')).toBe('1.0.0');
    expect(headers.get('tus-max-size')).toBe(String(MAX_UPLOAD_BYTES));
    expect(headers.get('tus-extension')!.split(',')).toEqual(
      expect.arrayContaining(['creation', 'creation-with-upload', 'checksum', 'termination', 'expiration']),
    );
    expect(headers.get('tus-checksum-algorithm')).toContain('sha1');
  });

  it('accepts X-HTTP-Method-Override from clients that can send POST only', async () => {
    const bytes = await makeJpegOf(10_000);
    const path = (await begin({ 'Upload-Length': String(bytes.length) })).headers.get('location')!;
    const post = (method: string, headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) =>
      api.fetch('POST', path, {
        headers: { ...TUS, 'X-HTTP-Method-Override': method, ...headers },
        ...(body && { body }),
      });
    const type = { 'Content-Type': 'application/offset+octet-stream' };
    const half = bytes.subarray(0, 5_000);
    expect((await post('PATCH', { ...type, 'Upload-Offset': '0' }, half)).headers.get('upload-offset')).toBe('5000');
    expect((await post('HEAD', {})).headers.get('upload-offset')).toBe('5000');
    expect((await post('DELETE', {})).status).toBe(204);
    expect((await head(path)).status).toBe(404);
  });

  it('stores the exact bytes that tus-js-client sends, and creates the medium', async () => {
    const bytes = await makeJpegOf(7 * MIB + 13);
    const { upload, done } = client(bytes);
    upload.start();
    await done;
    const [media] = await listed();
    expect(media).toMatchObject({
      filename: 'sea.jpg',
      title: 'sea',
      batchId: 'drop-1',
      status: 'uploaded',
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      contentType: 'image/jpeg',
    });
    expect(sha256(await original(media!.id))).toBe(sha256(bytes));
    const { status, headers } = await head(new URL(upload.url!).pathname);
    expect([
      status,
      headers.get('snapstream-media-id'),
      headers.get('upload-offset'),
      headers.get('upload-length'),
    ]).toEqual([200, media!.id, String(bytes.length), String(bytes.length)]);
  });

  it('resumes in chunks after another client aborted', async () => {
    const bytes = await makeJpegOf(9 * MIB);
    const first = client(bytes, {
      chunkSize: 2 * MIB,
      onChunkComplete: (_size, accepted) => accepted >= 4 * MIB && void first.upload.abort(),
    });
    first.upload.start();
    const url = await eventually(
      async () =>
        first.upload.url && (await offsetOf(new URL(first.upload.url).pathname)) >= 4 * MIB ? first.upload.url : null,
      (found) => found !== null,
    );
    const second = client(bytes, { uploadUrl: url!, chunkSize: 2 * MIB });
    second.upload.start();
    await second.done;
    expect((await listed())[0]).toMatchObject({ sha256: sha256(bytes) });
  });

  it('creates and completes an upload in one request, with a relative Location and the id of the medium', async () => {
    const bytes = await makeJpegOf(100_000);
    const { status, headers, path } = await begin(
      {
        'Upload-Length': String(bytes.length),
        'Content-Type': BYTES['Content-Type'],
        'Upload-Metadata': `filename ${base64('whole.jpg')}`,
      },
      bytes,
    );
    const [media] = await listed();
    expect([status, headers.get('upload-offset'), headers.get('snapstream-media-id'), path]).toEqual([
      201,
      String(bytes.length),
      media!.id,
      `/api/uploads/${media!.id}`,
    ]);
  });

  it('resumes after a broken connection', async () => {
    const bytes = await makeJpegOf(3 * MIB);
    const path = await beginOf(bytes.length);
    const { hostname, port, host } = new URL(stack.baseUrl);
    const socket = connect(Number(port), hostname);
    socket.write(patchHead(path, host, bytes.length));
    socket.write(bytes.subarray(0, 2 * MIB));
    setTimeout(() => socket.destroy(), 500);
    await once(socket, 'close');
    const offset = await eventually(
      () => offsetOf(path),
      (found) => found > MIB,
    );
    expect(await listed()).toEqual([]);
    const answer = await append(path, offset, bytes.subarray(offset));
    expect([answer.status, answer.headers.get('snapstream-media-id')]).toEqual([204, (await listed())[0]!.id]);
    expect((await listed())[0]).toMatchObject({ sha256: sha256(bytes) });
  });

  it('times out a client that stops sending, and keeps the bytes that it sent', async () => {
    const bytes = await makeJpegOf(300_000);
    const path = await beginOf(bytes.length);
    const { hostname, port, host } = new URL(stack.baseUrl);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(patchHead(path, host, bytes.length));
    socket.write(bytes.subarray(0, 100_000));
    await eventually(
      () => Promise.resolve(answer),
      (text) => text.includes('upload_stalled'),
      8_000,
    );
    socket.destroy();
    expect(await offsetOf(path)).toBe(100_000);
  });

  it('repeats the final response after completion', async () => {
    const bytes = await makeJpegOf(80_000);
    const path = await beginOf(bytes.length);
    const finished = await append(path, 0, bytes);
    const again = await append(path, bytes.length, new Uint8Array());
    expect(again.status).toBe(204);
    expect(again.headers.get('snapstream-media-id')).toBe(finished.headers.get('snapstream-media-id'));
    expect(await refusal(append(path, 10, bytes.subarray(10)))).toMatchObject({ status: 409, code: 'offset_mismatch' });
    expect(await refusal(api.fetch('DELETE', path, { headers: TUS }))).toMatchObject({
      status: 409,
      code: 'upload_finished',
    });
    expect(await listed()).toHaveLength(1);
  });

  it('writes one request per upload at a time', async () => {
    const bytes = await makeJpegOf(4 * MIB);
    const path = await beginOf(bytes.length);
    const answers = await Promise.all([1, 2, 3, 4].map(() => append(path, 0, bytes)));
    expect(answers.filter(({ status }) => status === 204).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 204 || status === 409)).toBe(true);
    expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
  });

  it('keeps bytes whose checksum matches, and none of those whose checksum does not', async () => {
    const bytes = await makeJpegOf(200_000);
    const path = await beginOf(bytes.length);
    const half = bytes.subarray(0, 100_000);
    expect(await refusal(append(path, 0, half, { 'Upload-Checksum': digest('sha1', bytes) }))).toMatchObject({
      status: 460,
      code: 'checksum_mismatch',
    });
    expect(await offsetOf(path)).toBe(0);
    expect((await append(path, 0, half, { 'Upload-Checksum': digest('sha1', half) })).status).toBe(204);
    expect(
      (
        await append(path, half.length, bytes.subarray(half.length), {
          'Upload-Checksum': digest('sha256', bytes.subarray(half.length)),
        })
      ).status,
    ).toBe(204);
    expect(await refusal(append(path, 0, half, { 'Upload-Checksum': 'crc99 AAAA' }))).toMatchObject({
      status: 400,
      code: 'malformed_upload',
    });
    expect((await listed())[0]).toMatchObject({ sha256: sha256(bytes) });
  });

  it('enforces the size limit to the byte, also for a body of unknown length', async () => {
    expect(
      await refusal(
        api.fetch('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(MAX_UPLOAD_BYTES + 1) } }),
      ),
    ).toMatchObject({ status: 413, code: 'file_too_large' });
    const most = await makeJpegOf(MAX_UPLOAD_BYTES);
    const path = await beginOf(most.length);
    const chunked = (...chunks: Uint8Array[]) =>
      api.fetch('PATCH', path, {
        headers: { ...BYTES, 'Upload-Offset': '0' },
        body: new ReadableStream({
          start: (controller) => (chunks.forEach((chunk) => controller.enqueue(chunk)), controller.close()),
        }),
      });
    expect(await refusal(chunked(most, Buffer.from('x')))).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await listed()).toEqual([]);
    const offset = await offsetOf(path);
    expect((await append(path, offset, most.subarray(offset))).status).toBe(204);
    expect((await listed())[0]).toMatchObject({ sizeBytes: MAX_UPLOAD_BYTES, sha256: sha256(most) });
  });

  it('reserves quota at creation, and releases it at termination', async () => {
    const paths = [await beginOf(MAX_UPLOAD_BYTES), await beginOf(MAX_UPLOAD_BYTES)];
    expect(
      await refusal(
        api.fetch('POST', '/api/uploads', { headers: { ...TUS, 'Upload-Length': String(MAX_UPLOAD_BYTES) } }),
      ),
    ).toMatchObject({ status: 413, code: 'quota_exceeded' });
    expect((await api.fetch('DELETE', paths[0]!, { headers: TUS })).status).toBe(204);
    expect((await head(paths[0]!)).status).toBe(404);
    await expectFullQuota();
  });

  it.each([
    ['no length', 400, 'malformed_upload', { ...TUS }],
    ['another version', 412, 'unsupported_tus_version', { 'Tus-Resumable': '0.2.2', 'Upload-Length': '5' }],
    ['no version', 412, 'unsupported_tus_version', { 'Upload-Length': '5' }],
    ['an empty file', 400, 'empty_file', { ...TUS, 'Upload-Length': '0' }],
    ['an invalid length', 400, 'malformed_upload', { ...TUS, 'Upload-Length': '-3' }],
    ['invalid metadata', 400, 'malformed_upload', { ...TUS, 'Upload-Length': '5', 'Upload-Metadata': 'a b c,,' }],
    [
      'an invalid batch',
      400,
      'validation_failed',
      { ...TUS, 'Upload-Length': '5', 'Upload-Metadata': `batch ${base64('ä'.repeat(200))}` },
    ],
    ['a deferred length', 400, 'malformed_upload', { ...TUS, 'Upload-Defer-Length': '1' }],
    ['concatenation', 400, 'malformed_upload', { ...TUS, 'Upload-Length': '5', 'Upload-Concat': 'partial' }],
  ])('refuses creation with %s', async (_what, status, code, headers) => {
    const answer = await api.fetch('POST', '/api/uploads', { headers });
    expect((await answer.json()) as Problem).toMatchObject({ status, code, detail: expect.any(String) });
    expect(answer.headers.get('location')).toBeNull();
  });

  it('refuses an unsupported type as soon as its bytes show it, and keeps nothing', async () => {
    const junk = randomBytes(500_000);
    const path = await beginOf(MAX_UPLOAD_BYTES);
    await refusal(append(path, 0, Buffer.from(junk))).then((problem) =>
      expect(problem).toMatchObject({ status: 415, code: 'unsupported_media_type' }),
    );
    expect((await head(path)).status).toBe(404);
    const small = await beginOf(2_000);
    expect((await append(small, 0, Buffer.from(junk.subarray(0, 1_000)))).status).toBe(204); // too few to sniff
    expect(await refusal(append(small, 1_000, Buffer.from(junk.subarray(0, 1_000))))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect((await head(small)).status).toBe(404);
    expect(await listed()).toEqual([]);
    expect(await api.expect(200, 'GET', '/api/media/stats')).toMatchObject({ total: 0, originalBytes: 0 });
    await expectFullQuota();
  });

  it('requires content type and offset with the bytes', async () => {
    const path = await beginOf(5);
    expect(
      await refusal(
        api.fetch('PATCH', path, {
          headers: { ...BYTES, 'Content-Type': 'text/plain', 'Upload-Offset': '0' },
          body: 'hello',
        }),
      ),
    ).toMatchObject({ status: 415 });
    expect(
      await refusal(
        api.fetch('POST', '/api/uploads', {
          headers: { ...TUS, 'Content-Type': 'text/plain', 'Upload-Length': '5' },
          body: 'hello',
        }),
      ),
    ).toMatchObject({ status: 415 });
    expect(await refusal(api.fetch('PATCH', path, { headers: BYTES, body: 'hello' }))).toMatchObject({
      status: 400,
      code: 'malformed_upload',
    });
    expect(
      await refusal(api.fetch('PATCH', path, { headers: { ...BYTES, 'Upload-Offset': '3' }, body: 'lo' })),
    ).toMatchObject({ status: 409, code: 'offset_mismatch' });
    expect(await offsetOf(path)).toBe(0);
  });

  it('answers 404 to other users, 401 without a login and 403 across sites', async () => {
    const { api: other } = await stack.newUser();
    const path = await beginOf(5);
    expect((await head(path, other)).status).toBe(404);
    expect(await other.problem('DELETE', path, { headers: TUS })).toMatchObject({ code: 'not_found' });
    expect(
      await other.problem('PATCH', path, { headers: { ...BYTES, 'Upload-Offset': '0' }, body: 'hello' }),
    ).toMatchObject({ code: 'not_found' });
    expect((await fetch(`${stack.baseUrl}${path}`, { method: 'HEAD', headers: TUS })).status).toBe(401);
    expect(
      (
        await fetch(`${stack.baseUrl}/api/uploads`, {
          method: 'POST',
          headers: { ...TUS, cookie: api.cookie, origin: 'http://evil.example', 'Upload-Length': '5' },
        })
      ).status,
    ).toBe(403);
    expect(await api.problem('GET', path)).toMatchObject({ status: 405 });
    expect((await head('/api/uploads/nothing')).status).toBe(404);
    expect((await head(path)).status).toBe(200);
  });

  it('returns the existing medium of the same bytes with onDuplicate=reuse', async () => {
    const bytes = await makeJpegOf(60_000);
    const first = await api.upload(new Uint8Array(bytes), { filename: 'one.jpg' });
    expect(
      (await api.expect<{ items: Media[] }>(200, 'GET', `/api/media?sha256=${first.sha256}`)).items.map(({ id }) => id),
    ).toEqual([first.id]);
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'two.jpg');
    const reused = await api.call<Media>('POST', '/api/media?onDuplicate=reuse', { body: form });
    expect([reused.status, reused.body.id]).toEqual([200, first.id]);
    const { headers, path } = await begin(
      {
        'Upload-Length': String(bytes.length),
        'Content-Type': BYTES['Content-Type'],
        'Upload-Metadata': `onDuplicate ${base64('reuse')}`,
      },
      bytes,
    );
    expect(headers.get('snapstream-media-id')).toBe(first.id);
    expect((await head(path)).headers.get('snapstream-media-id')).toBe(first.id);
    expect(await listed()).toHaveLength(1);
    expect((await api.upload(new Uint8Array(bytes), { filename: 'three.jpg' })).id).not.toBe(first.id);
    await eventually(
      () => api.expect<MediaStats>(200, 'GET', '/api/media/stats'),
      ({ total, originalBytes }) => total === 2 && originalBytes === 2 * bytes.length,
    );
    await api.expect(204, 'DELETE', `/api/media/${first.id}`);
    expect((await head(path)).status).toBe(404);
  });
});
