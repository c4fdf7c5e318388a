import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Media, Problem } from '#contracts';
import { eventually, makeJpegOf, makePng, deployments, type ApiClient, type Stack } from '#testing';

const MAX_UPLOAD_BYTES = 300_000;
const USER_QUOTA_BYTES = 1_000_000;

/** Sends a raw request, closes the connection after `cutAfterBytes` of the body, and returns the response. */
async function raw(baseUrl: string, head: string[], body: Buffer, cutAfterBytes = body.length): Promise<string> {
  const { hostname, port, host } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString()));
  socket.on('error', () => {});
  socket.write(`${[...head, `Host: ${host}`, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n`);
  socket.write(body.subarray(0, cutAfterBytes));
  if (cutAfterBytes < body.length) setTimeout(() => socket.destroy(), 100);
  else socket.once('data', () => setTimeout(() => socket.destroy(), 200));
  await once(socket, 'close');
  return answer;
}

describe.each(deployments)('uploads, %s', (_name, start) => {
  let stack: Stack;
  let api: ApiClient;
  beforeAll(async () => {
    stack = await start({
      workers: 0,
      env: {
        MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
        USER_QUOTA_BYTES: String(USER_QUOTA_BYTES),
        UPLOAD_IDLE_SECONDS: '2',
        HEIC: 'off',
      },
    });
    ({ api } = await stack.newUser());
  });
  afterAll(() => stack.stop());

  const refusal = async (bytes: Uint8Array<ArrayBuffer>, filename = 'x.jpg') =>
    (await api.tryUpload(bytes, { filename })).body as Problem;
  const listed = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items.length;
  /** The number of originals and unfinished files; 0 where they cannot be seen. */
  const storedFiles = async () => {
    if (!stack.processes) return 0;
    const folders = ['objects/originals', 'tmp'].map((name) => join(stack.processes!.dataDir, name));
    const entries = await Promise.all(
      folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])),
    );
    return entries.flat().filter((entry) => entry.isFile()).length;
  };

  const storedBytes = async () => {
    if (!stack.processes) return 0;
    const folder = join(stack.processes.dataDir, 'tmp');
    const sizes = (await readdir(folder).catch(() => [])).map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };

  it.each([
    ['empty_file', 400, () => new Uint8Array()],
    ['unsupported_media_type', 415, () => new Uint8Array(Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'))],
    ['unsupported_media_type', 415, () => new Uint8Array(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))],
    ['unsupported_media_type', 415, () => new Uint8Array(randomBytes(70_000))],
  ])('refuses %s with %i and keeps nothing', async (code, status, bytes) => {
    expect(await refusal(bytes())).toMatchObject({
      code,
      status,
      detail: expect.any(String),
      title: expect.any(String),
    });
    expect(await listed()).toBe(0);
  });

  it('names HEIC when it refuses it, and not as supported otherwise', async () => {
    const head = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    const problem = await refusal(new Uint8Array(Buffer.concat([head, randomBytes(1_000)])), 'IMG_1.HEIC');
    expect(problem).toMatchObject({
      code: 'unsupported_media_type',
      status: 415,
      detail: expect.stringMatching(/HEIC.*JPG/),
    });
    expect((await refusal(new Uint8Array(Buffer.from('%PDF-1.7')))).detail).toMatch(/^(?!.*HEIC).*AVIF/);
    expect(await listed()).toBe(0);
  });

  it('enforces the size limit to the byte', async () => {
    const { api: other } = await stack.newUser();
    expect((await other.tryUpload(await makeJpegOf(MAX_UPLOAD_BYTES), { filename: 'fits.jpg' })).status).toBe(201);
    expect((await other.tryUpload(await makeJpegOf(MAX_UPLOAD_BYTES + 1), { filename: 'big.jpg' })).body).toMatchObject(
      { code: 'file_too_large', status: 413 },
    );
  });

  it.each([
    ['no multipart body', ['Content-Type: text/plain'], 'hello'],
    ['no boundary', ['Content-Type: multipart/form-data'], '--x\r\n'],
    [
      'no file part',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nhi\r\n--x--\r\n',
    ],
    [
      'another part',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\nhi\r\n--x--\r\n',
    ],
    [
      'a part without a name',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x\r\nContent-Disposition: form-data\r\nContent-Type: image/png\r\n\r\nhi\r\n--x--\r\n',
    ],
    [
      'no end',
      ['Content-Type: multipart/form-data; boundary=x'],
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhi\r\n',
    ],
  ])('refuses %s as malformed_upload', async (_what, head, body) => {
    const answer = await raw(
      stack.baseUrl,
      ['POST /api/media HTTP/1.1', `Cookie: ${api.cookie}`, ...head],
      Buffer.from(body),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"malformed_upload"');
    expect(await listed()).toBe(0);
  });

  it('refuses two files in one body, and keeps neither', async () => {
    const form = new FormData();
    for (const name of ['a.jpg', 'b.jpg']) form.append('file', new Blob([await makeJpegOf(20_000)]), name);
    expect(await api.problem('POST', '/api/media', { body: form })).toMatchObject({ code: 'malformed_upload' });
    expect(await listed()).toBe(0);
  });

  it.each([10, 50, 99])('leaves nothing of 20 uploads that are cut at %i %', async (percent) => {
    const { api: other } = await stack.newUser();
    const before = await storedFiles();
    const body = Buffer.concat([
      Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="cut.jpg"\r\n\r\n'),
      Buffer.from(await makeJpegOf(200_000)),
      Buffer.from('\r\n--x--\r\n'),
    ]);
    const head = [
      'POST /api/media HTTP/1.1',
      `Cookie: ${other.cookie}`,
      'Content-Type: multipart/form-data; boundary=x',
    ];
    await Promise.all(
      Array.from({ length: 20 }, () => raw(stack.baseUrl, head, body, Math.floor((body.length * percent) / 100))),
    );
    await eventually(storedFiles, (count) => count === before);
    expect(await other.expect(200, 'GET', '/api/media/stats')).toMatchObject({ total: 0, bytes: 0, originalBytes: 0 });
    expect((await other.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items).toEqual([]);
    // The whole quota is available as soon as the last reservation is released, which follows the removal of its file.
    for (let count = 0; count < 5; count++) {
      const bytes = await makeJpegOf(200_000);
      await eventually(
        () => other.tryUpload(bytes),
        ({ status }) => status === 201,
      );
    }
  });

  it('times out a client that stops sending', async () => {
    const body = Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n\u00ff');
    const { hostname, port } = new URL(stack.baseUrl);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const head = [
      'POST /api/media HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Cookie: ${api.cookie}`,
      'Content-Type: multipart/form-data; boundary=x',
      'Content-Length: 100000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(body);
    await eventually(
      () => Promise.resolve(answer),
      (text) => text.includes('upload_stalled'),
      8_000,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });

  it.each([
    ['a declared length', 'Content-Length: 200125', (bytes: Buffer) => bytes],
    [
      'an unknown length',
      'Transfer-Encoding: chunked',
      (bytes: Buffer) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
    ],
  ])('reserves quota before it stores the bytes of unfinished uploads of %s', async (_what, length, encode) => {
    const { api: other } = await stack.newUser();
    const before = await storedBytes();
    const { hostname, port, host } = new URL(stack.baseUrl);
    const head = [
      'POST /api/media HTTP/1.1',
      `Host: ${host}`,
      `Cookie: ${other.cookie}`,
      'Content-Type: multipart/form-data; boundary=x',
      length,
    ];
    const begin = Buffer.concat([
      Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="open.jpg"\r\n\r\n'),
      Buffer.from(await makeJpegOf(190_000)),
    ]);
    const answers: string[] = [];
    const sockets = Array.from({ length: 12 }, () => {
      const socket = connect(Number(port), hostname).on('error', () => {});
      socket.once('data', (chunk) => answers.push(chunk.toString()));
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      socket.write(encode(begin)); // and no end
      return socket;
    });
    const trickle = setInterval(() => sockets.forEach((socket) => socket.write(encode(Buffer.from('x')))), 500);
    await eventually(
      () => Promise.resolve(answers),
      ({ length: count }) => count >= 12 - Math.floor(USER_QUOTA_BYTES / 190_000),
    );
    clearInterval(trickle);
    expect((await storedBytes()) - before).toBeLessThanOrEqual(USER_QUOTA_BYTES);
    expect(answers.every((answer) => answer.includes('quota_exceeded'))).toBe(true);
    for (const socket of sockets) socket.destroy();
    const whole = await makeJpegOf(MAX_UPLOAD_BYTES);
    for (let count = 0; count < 3; count += 1)
      await eventually(
        () => other.tryUpload(whole),
        ({ status }) => status === 201,
      );
  });

  it('fills the quota to the byte, also where a title follows the file', async () => {
    const { api: other } = await stack.newUser();
    for (let count = 0; count < 3; count += 1) await other.upload(await makeJpegOf(MAX_UPLOAD_BYTES));
    const form = new FormData();
    form.append('file', new Blob([await makeJpegOf(100_000)]), 'last.jpg');
    form.append('title', 'x'.repeat(200));
    expect((await other.fetch('POST', '/api/media', { body: form })).status).toBe(201);
    expect((await other.tryUpload(await makeJpegOf(20_000))).body).toMatchObject({ code: 'quota_exceeded' });
  });

  it('refuses a cross-site request before anything else', async () => {
    const answer = await api.problem('POST', '/api/media', {
      body: new FormData(),
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer).toMatchObject({ status: 403, code: 'cross_site_request' });
  });

  it('accepts a title and a batch, and sanitises a hostile filename', async () => {
    const { api: other } = await stack.newUser();
    const filename = '../../<script>alert(1)</script>\u202Egpj.png';
    const media = await other.upload(new Uint8Array(await makePng()), {
      filename,
      title: 'My title',
      headers: { 'Snapstream-Batch': 'drop-1' },
    });
    expect(media).toMatchObject({
      title: 'My title',
      filename: 'script>gpj.png',
      batchId: 'drop-1',
      kind: 'image',
      contentType: 'image/png',
      queue: null,
    });
    const disposition = (await other.fetch('GET', `/api/media/${media.id}/original?download=1`)).headers.get(
      'content-disposition',
    );
    expect(disposition).toMatch(/^attachment; filename="?script/);
  });

  it('creates one medium per Idempotency-Key', async () => {
    const { api: other } = await stack.newUser();
    const headers = { 'Idempotency-Key': randomUUID() };
    const bytes = await makeJpegOf(20_000);
    const together = await Promise.all(
      Array.from({ length: 4 }, () => other.tryUpload(bytes, { filename: 'a.jpg', headers })),
    );
    const created = together.filter(({ status }) => status === 201);
    expect(new Set(created.map(({ body }) => body.id)).size).toBe(1);
    expect(
      together.filter(({ status }) => status !== 201).every(({ body }) => body.code === 'idempotency_in_progress'),
    ).toBe(true);
    const again = await other.tryUpload(bytes, { filename: 'a.jpg', headers });
    expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([
      201,
      created[0]?.body.id,
      'true',
    ]);
    expect((await other.tryUpload(await makeJpegOf(20_001), { filename: 'a.jpg', headers })).body).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    const refused = { 'Idempotency-Key': randomUUID() };
    expect((await other.tryUpload(new Uint8Array(Buffer.from('nothing')), { headers: refused })).status).toBe(415);
    expect((await other.tryUpload(bytes, { filename: 'a.jpg', headers: refused })).status).toBe(201);
    expect((await other.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items).toHaveLength(2);
  });

  it('reads the quotes and line ends that browsers escape in file names', async () => {
    const { api: other } = await stack.newUser();
    // https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    const media = await other.upload(new Uint8Array(await makePng()), { filename: 'a "quoted"\n 100%25.png' });
    expect(media).toMatchObject({ filename: 'a "quoted" 100%25.png', title: 'a "quoted" 100%25' });
  });

  it('makes one medium of equal files that are sent at once with onDuplicate=reuse', async () => {
    const { api: other } = await stack.newUser();
    const bytes = await makeJpegOf(20_000);
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, at) => {
        const form = new FormData();
        form.set('file', new Blob([bytes]), `${at}.jpg`);
        return other.call<Media>('POST', '/api/media?onDuplicate=reuse', { body: form });
      }),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await other.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items).toHaveLength(1);
  });

  it('enforces the quota exactly, also for parallel uploads', async () => {
    const { api: other } = await stack.newUser();
    const bytes = await makeJpegOf(150_000);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => other.tryUpload(bytes, { filename: `${i}.jpg` })),
    );
    const refused = answers.filter(({ status }) => status !== 201);
    expect(answers.length - refused.length).toBe(Math.floor(USER_QUOTA_BYTES / 150_000));
    expect(refused.every(({ body }) => body.code === 'quota_exceeded')).toBe(true);
    await other.expect(204, 'DELETE', `/api/media/${answers.find(({ status }) => status === 201)!.body.id}`);
    await eventually(
      () => other.tryUpload(bytes, { filename: 'again.jpg' }),
      ({ status }) => status === 201,
    );
  });
});
