import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Media } from '#contracts';
import type { ApiClient } from '#testing';

const MIB = 1024 ** 2;
const HEAD = '--x\r\nContent-Disposition: form-data; name="file"; filename="large.wav"\r\n\r\n';
const TAIL = '\r\n--x--\r\n';

/** Generates a WAV of exactly `sizeBytes` bytes (below 4 GiB): a valid header, then silence. */
function* wavOf(sizeBytes: number): Generator<Buffer> {
  const header = Buffer.alloc(44);
  header.write('RIFF....WAVEfmt ', 'latin1');
  header.writeUInt32LE(sizeBytes - 8, 4);
  header.writeUInt32LE(16, 16);
  for (const [offset, value] of [
    [20, 1],
    [22, 2],
    [32, 4],
    [34, 16],
  ] as const)
    header.writeUInt16LE(value, offset);
  for (const [offset, value] of [
    [24, 48_000],
    [28, 192_000],
    [40, sizeBytes - 44],
  ] as const)
    header.writeUInt32LE(value, offset);
  header.write('data', 36, 'latin1');
  yield header;
  const silence = Buffer.alloc(MIB);
  for (let left = sizeBytes - header.length; left > 0; left -= silence.length)
    yield left < silence.length ? silence.subarray(0, left) : silence;
}

export function sha256OfWav(sizeBytes: number): string {
  const hash = createHash('sha256');
  for (const chunk of wavOf(sizeBytes)) hash.update(chunk);
  return hash.digest('hex');
}

type Sent = { media: Media; seconds: number };

/** Uploads by one multipart POST with a Content-Length and backpressure, as curl does. */
export async function uploadWav(api: ApiClient, sizeBytes: number): Promise<Sent> {
  const startedAt = performance.now();
  const body = function* () {
    yield Buffer.from(HEAD);
    yield* wavOf(sizeBytes);
    yield Buffer.from(TAIL);
  };
  const headers = {
    'content-type': 'multipart/form-data; boundary=x',
    'content-length': HEAD.length + sizeBytes + TAIL.length,
  };
  const { text } = await send(api, 'POST', '/api/media', headers, body());
  return { media: JSON.parse(text) as Media, seconds: (performance.now() - startedAt) / 1_000 };
}

/** Uploads by tus, with all bytes in one PATCH. */
export async function uploadWavResumably(api: ApiClient, sizeBytes: number): Promise<Sent> {
  const startedAt = performance.now();
  const tus = { 'Tus-Resumable': '1.0.0' };
  const created = await api.fetch('POST', '/api/uploads', { headers: { ...tus, 'Upload-Length': String(sizeBytes) } });
  const headers = {
    ...tus,
    'Upload-Offset': 0,
    'content-type': 'application/offset+octet-stream',
    'content-length': sizeBytes,
  };
  const { answer } = await send(api, 'PATCH', created.headers.get('location')!, headers, wavOf(sizeBytes));
  const seconds = (performance.now() - startedAt) / 1_000;
  return { media: await api.media(String(answer.headers['snapstream-media-id'])), seconds };
}

/** Sends the same bytes to a server that stores bodies. @returns the seconds */
export async function uploadWavBare(url: string, sizeBytes: number): Promise<number> {
  const startedAt = performance.now();
  await send({ baseUrl: url, cookie: '' }, 'POST', '/', { 'content-length': sizeBytes }, wavOf(sizeBytes));
  return (performance.now() - startedAt) / 1_000;
}

async function send(
  api: Pick<ApiClient, 'baseUrl' | 'cookie'>,
  method: string,
  path: string,
  headers: Record<string, string | number>,
  body: Iterable<Buffer>,
) {
  const sent = request(new URL(path, api.baseUrl), { method, headers: { cookie: api.cookie, ...headers } });
  const [[answer]] = (await Promise.all([once(sent, 'response'), pipeline(Readable.from(body), sent)])) as [
    [IncomingMessage],
    unknown,
  ];
  const text = (await Readable.from(answer).toArray()).join('');
  if (answer.statusCode! >= 300) throw new Error(`Expected success but received ${answer.statusCode}: ${text}`);
  return { answer, text };
}
