import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media } from '#contracts';
import {
  abortRequests,
  eventually,
  makeJpeg,
  makeWav,
  openDescriptors,
  deploymentsByStorage,
  startStandalone,
  type ApiClient,
  type Stack,
} from '#testing';
import { readZip, testWithPrograms } from './zip';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapstream-export-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const exported = async (api: ApiClient) => {
  const answer = await api.fetch('GET', '/api/media/export');
  return { answer, archive: Buffer.from(await answer.arrayBuffer()) };
};

describe.each(deploymentsByStorage)('the export of a library, %s', (_shape, start) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start({ workers: 0 });
  });
  afterAll(() => stack.stop());

  it('is a zip of every original, with their metadata in library.json', async () => {
    const [{ api }, { api: other }] = await Promise.all([stack.newUser(), stack.newUser()]);
    const [picture, sound] = await Promise.all([makeJpeg(), makeWav({ seconds: 1 })]);
    const uploads = [
      await api.upload(new Uint8Array(picture), { filename: 'Straße: wo?.jpg', title: 'By the sea' }),
      await api.upload(new Uint8Array(sound), { filename: 'same.wav' }),
      await api.upload(new Uint8Array(sound), { filename: 'same.wav' }),
    ];
    await api.expect(200, 'PATCH', `/api/media/${uploads[0]!.id}`, {
      json: { description: 'With "quotes"', tags: ['sea', 'summer'] },
    });
    const gone = await api.upload(new Uint8Array(picture), { filename: 'gone.jpg' });
    await api.expect(204, 'DELETE', `/api/media/${gone.id}`);
    await other.upload(new Uint8Array(picture), { filename: 'not-yours.jpg' });

    const { answer, archive } = await exported(api);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="snapstream-\d{4}-\d\d-\d\d\.zip"$/,
    );
    await writeFile(join(folder, 'library.zip'), archive);
    await testWithPrograms(join(folder, 'library.zip'));

    const entries = readZip(archive);
    const about = JSON.parse(entries.at(-1)!.bytes.toString()) as {
      exportedAt: string;
      media: Array<Media & { file: string }>;
    };
    expect(entries.map(({ name }) => name).toSorted()).toEqual(
      [...about.media.map(({ file }) => file), 'library.json'].toSorted(),
    );
    expect(about.media.map(({ id }) => id)).toEqual(uploads.map(({ id }) => id));
    for (const { file, sha256 } of about.media) expect(entries.find(({ name }) => name === file)?.sha256).toBe(sha256);
    expect(about.media[0]).toMatchObject({
      title: 'By the sea',
      description: 'With "quotes"',
      tags: ['sea', 'summer'],
      filename: 'Straße: wo?.jpg',
      history: [{ status: 'uploaded' }],
    });
    expect(about.media[0]!.file).toBe(`originals/Straße_ wo_-${uploads[0]!.id}.jpg`);
  });

  it('is a zip with library.json alone for an empty library, and requires a login', async () => {
    const { api } = await stack.newUser();
    const [only, ...rest] = readZip((await exported(api)).archive);
    expect([only!.name, rest]).toEqual(['library.json', []]);
    expect(JSON.parse(only!.bytes.toString())).toMatchObject({ media: [] });
    expect((await fetch(new URL('/api/media/export', stack.baseUrl))).status).toBe(401);
  });
});

const describeOnLinux = existsSync('/proc/self/fd') ? describe : describe.skip;

describeOnLinux('the export of a large library', () => {
  const sizeBytes = 160 * 1024 ** 2;
  let stack: Stack;
  let api: ApiClient;
  let media: Media;
  beforeAll(async () => {
    stack = await startStandalone({ workers: 0 });
    ({ api } = await stack.newUser());
    const path = join(folder, 'large.wav');
    await writeFile(path, await makeWav({ seconds: 1 }));
    await using file = await open(path, 'r+');
    await file.truncate(sizeBytes);
    media = await api.upload(path);
  }, 60_000);
  afterAll(() => stack.stop());

  const download = async (): Promise<IncomingMessage> => {
    const [answer] = (await once(
      get(new URL('/api/media/export', stack.baseUrl), { headers: { cookie: api.cookie } }),
      'response',
    )) as [IncomingMessage];
    return answer;
  };
  const residentBytes = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid()}/status`, 'utf8'))![1]) * 1024;
  const pid = () => stack.processes!.services[0]!.pid;
  const openOriginals = async () => (await openDescriptors(pid())).filter((path) => path.includes('/originals/'));

  it('applies backpressure for a slow reader, and closes its files when the reader disconnects', async () => {
    const before = await residentBytes();
    const answer = await download();
    answer.pause();
    await sleep(1_500);
    expect(await openOriginals()).toHaveLength(1);
    expect((await residentBytes()) - before).toBeLessThan(sizeBytes / 2);
    answer.destroy();
    await eventually(openOriginals, (paths) => paths.length === 0);
  });

  it('contains the exact bytes of the original', async () => {
    const hash = createHash('sha256');
    const answer = await download();
    let seen = 0;
    const headerBytes = 30 + Buffer.byteLength(`originals/large-${media.id}.wav`);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      hash.update(chunk.subarray(Math.max(0, headerBytes - seen), Math.max(0, headerBytes + sizeBytes - seen)));
      seen += chunk.length;
    }
    expect(hash.digest('hex')).toBe(media.sha256);
  });

  it.each([
    ['a file', () => `/api/media/${media.id}/original`],
    ['an export', () => '/api/media/export'],
  ])('leaves no descriptor open when 800 readers of %s disconnect early', async (_what, path) => {
    const before = (await openDescriptors(pid())).length;
    await abortRequests(api, path(), 800);
    const idleConnections = 100; // to DynamoDB, kept alive
    const isClosed = (paths: string[]) =>
      paths.length < before + idleConnections && !paths.some((name) => name.includes('/originals/'));
    await eventually(() => openDescriptors(pid()), isClosed);
    const closedByCollector = stack
      .processes!.services[0]!.output()
      .match(/file descriptor \d+ on garbage collection/g);
    expect(closedByCollector ?? []).toHaveLength(0);
    await api.expect(200, 'GET', '/api/media'); // the process still runs
  });
});
