import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type {
  AdminMediaList,
  AdminOverview,
  AdminQueue,
  AdminQueueList,
  AdminRetryResponse,
  AuditList,
  FailureCode,
  Media,
  MediaStats,
  NewApiKey,
} from '#contracts';
import { AnalysisBudget, MediaDirectory, MediaProjections, MediaRepository } from '#media';
import { CanaryLog, createService } from '#nest';
import { Dynamo, newId } from '#platform';
import { ApiClient, eventually, makeJpeg, startTestEnvironment, type TestEnvironment } from '#testing';
import { InstallationTotals } from '../media/admin/totals';
import { StandaloneModule } from './standalone.module';

let environment: TestEnvironment;
let app: NestExpressApplication;
let url: string;
let dataDir: string;
let admin: ApiClient;
let jpeg: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  environment = await startTestEnvironment();
  const config = environment.config({ ANALYSIS_MONTHLY_BUDGET_USD: '20' });
  dataDir = config.dataDir;
  app = await createService(StandaloneModule, { config, name: 'api' });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  admin = new ApiClient(url);
  await admin.register();
  jpeg = new Uint8Array(await makeJpeg());
});
afterAll(async () => {
  await app.close();
  await environment.stop();
});

async function newUser() {
  const client = new ApiClient(url);
  return { client, user: await client.register() };
}

/** Uploads a picture and ends its first round as a worker would. */
async function failedUpload({ client, user }: Awaited<ReturnType<typeof newUser>>, code: FailureCode, title: string) {
  const media = await client.upload(jpeg, { filename: 'a.jpg', title });
  const [repository, token] = [app.get(MediaRepository), newId()];
  const key = { userId: user.id, id: media.id };
  await repository.claim(key, token, 60_000);
  const finished = await repository.finish(key, token, { status: 'failed', code });
  await app.get(MediaProjections).apply(finished!.event);
  return media;
}
const list = (query = '') => admin.expect<AdminMediaList>(200, 'GET', `/api/admin/media${query}`);
const ids = async (query: string) => (await list(`?${query}`)).items.map(({ id }) => id);
const ready = () => admin.expect<{ status: string; checks: Record<string, string> }>(200, 'GET', '/health/ready');
const overviewNow = () => admin.expect<AdminOverview>(200, 'GET', '/api/admin/overview');
const view = async () => (await overviewNow()).canary;
const channel = async (name: string) => (await overviewNow()).channels.find((each) => each.name === name);
/** Totals as they are `laterMs` after now: they are kept for half a minute. */
const totals = (laterMs: number) => app.get(InstallationTotals).read(Date.now() + laterMs);
const withKey = (key: string) => new ApiClient(url, { authorization: `Bearer ${key}` });
const alerts = async () => readFile(join(dataDir, 'alerts.ndjson'), 'utf8');
const listed = ({ id }: Pick<Media, 'id'>) =>
  eventually(
    () => list('?status=uploaded'),
    ({ items }) => items.some((item) => item.id === id),
  );
const retry = (json: object) => admin.expect<AdminRetryResponse>(200, 'POST', '/api/admin/media/retry', { json });

describe('to anyone but an admin', () => {
  it.each([
    ['GET', '/api/admin/overview'],
    ['GET', '/api/admin/media'],
    ['POST', '/api/admin/media/retry'],
    ['GET', '/api/admin/queues'],
    ['POST', '/api/admin/queues/image/pause'],
    ['POST', '/api/admin/queues/image/resume'],
    ['POST', '/api/admin/canary'],
    ['GET', '/api/admin/queues/board'],
    ['GET', '/api/admin/queues/board/api/queues'],
    ['GET', '/api/admin/users'],
    ['GET', '/api/admin/audit'],
  ])('%s %s does not exist', async (method, path) => {
    const { client } = await newUser();
    const scopes = ['media:read', 'media:write', 'uploads:write', 'notifications:read'];
    const { key } = await admin.expect<NewApiKey>(201, 'POST', '/api/auth/keys', { json: { name: 'k', scopes } });
    for (const caller of [new ApiClient(url), client, withKey(key), withKey('snap_wrong')])
      expect(await caller.problem(method, path)).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('GET /api/admin/media', () => {
  it('lists media of all users newest first, page by page, without their content', async () => {
    const owner = await newUser();
    const other = await newUser();
    const first = await owner.client.upload(jpeg, { filename: 'sea.jpg', title: 'Sea' });
    const second = await other.client.upload(jpeg, { filename: 'sun.jpg', title: 'Sun' });
    await listed(first);
    await listed(second);
    const page = await list('?limit=1');
    expect(page.items).toEqual([
      {
        id: second.id,
        userId: other.user.id,
        username: other.user.username,
        title: 'Sun',
        filename: 'sun.jpg',
        kind: 'image',
        contentType: 'image/jpeg',
        sizeBytes: jpeg.length,
        status: 'uploaded',
        progress: 0,
        round: 1,
        failure: null,
        createdAt: second.createdAt,
        updatedAt: second.updatedAt,
        completedAt: null,
      },
    ]);
    expect((await list(`?limit=1&cursor=${page.nextCursor}`)).items).toMatchObject([{ id: first.id }]);
    for (const path of ['original', 'thumbnail', 'preview'])
      expect((await admin.call('GET', `/api/media/${first.id}/${path}`)).status).toBe(404);
  });

  it('filters by status, code, kind, owner and a part of title or file name', async () => {
    const owner = await newUser();
    const broken = await failedUpload(owner, 'invalid_media', 'A broken picture');
    const slow = await failedUpload(owner, 'processing_timeout', 'A slow picture');
    const fine = await owner.client.upload(jpeg, { filename: 'fine.jpg', title: 'Fine' });
    await listed(fine);
    const mine = `userId=${owner.user.id}`;
    expect(await ids(mine)).toEqual([fine.id, slow.id, broken.id]);
    expect(await ids(`${mine}&status=failed`)).toEqual([slow.id, broken.id]);
    expect(await ids(`${mine}&code=invalid_media`)).toEqual([broken.id]);
    expect(await ids(`status=failed&code=processing_timeout&q=SLOW`)).toEqual([slow.id]);
    expect(await ids(`${mine}&kind=video`)).toEqual([]);
    expect(await ids(`q=fine.j&status=uploaded`)).toEqual([fine.id]);
    expect(await admin.problem('GET', '/api/admin/media?status=lost')).toMatchObject({ code: 'validation_failed' });
  });

  it('leaves out what is deleted, and lists media that are older than the list once it was completed', async () => {
    const owner = await newUser();
    const media = await owner.client.upload(jpeg, { filename: 'old.jpg' });
    await listed(media);
    await app.get(MediaDirectory).remove(media.id);
    expect((await list(`?status=uploaded&q=old.jpg`)).items).toEqual([]);
    await app.get(MediaDirectory).complete();
    expect((await list(`?status=uploaded&q=old.jpg`)).items).toMatchObject([{ id: media.id }]);
    await owner.client.expect(204, 'DELETE', `/api/media/${media.id}`);
    expect((await list('?q=old.jpg')).items).toEqual([]);
  });
});

describe('POST /api/admin/media/retry', () => {
  it('retries media by their ids, names those that cannot be, and adds an entry to the audit log', async () => {
    const owner = await newUser();
    const failed = await failedUpload(owner, 'processing_error', 'One');
    const waiting = await owner.client.upload(jpeg, { filename: 'b.jpg' });
    await listed(waiting);
    const given = [failed.id, waiting.id, newId(), 'x'];
    expect(await retry({ ids: given })).toEqual({
      retried: 1,
      refused: expect.arrayContaining([
        { id: waiting.id, code: 'not_failed' },
        { id: given[2], code: 'not_found' },
        { id: 'x', code: 'not_found' },
      ]),
      more: false,
    });
    expect(await owner.client.media(failed.id)).toMatchObject({ status: 'uploaded', round: 2 });
    const { items } = await admin.expect<AuditList>(200, 'GET', '/api/admin/audit?limit=1');
    expect(items).toMatchObject([{ action: 'media.retry', details: { ids: given } }]);
  });

  it('retries all failed media that match a filter, and no other', async () => {
    const owner = await newUser();
    const failed = [await failedUpload(owner, 'crashed_worker', '1'), await failedUpload(owner, 'crashed_worker', '2')];
    const broken = await failedUpload(owner, 'invalid_media', '3');
    const filter = { userId: owner.user.id, code: 'crashed_worker' };
    expect(await retry({ filter })).toEqual({ retried: 2, refused: [], more: false });
    for (const { id } of failed) expect((await owner.client.media(id)).round).toBe(2);
    expect((await owner.client.media(broken.id)).round).toBe(1);
    expect(await retry({ filter: { ...filter, status: 'completed' } })).toMatchObject({ retried: 0 });
  });

  it.each([[{}], [{ ids: [] }], [{ ids: ['a'], filter: {} }], [{ filter: { size: 1 } }]])(
    'refuses %j',
    async (json) => {
      expect(await admin.problem('POST', '/api/admin/media/retry', { json })).toMatchObject({
        code: 'validation_failed',
      });
    },
  );
});

describe('the queues', () => {
  it('are paused and resumed, and wait meanwhile', async () => {
    const paused = await admin.expect<AdminQueue>(200, 'POST', '/api/admin/queues/announced/pause');
    expect(paused).toMatchObject({ name: 'announced', paused: true });
    const { client } = await newUser();
    const media = await client.upload(jpeg, { filename: 'a.jpg' });
    const waiting = await eventually(
      () => admin.expect<AdminQueueList>(200, 'GET', '/api/admin/queues'),
      ({ items }) => items.some(({ name, waiting: count }) => name === 'announced' && count >= 1),
    );
    expect(waiting.items.find(({ name }) => name === 'announced')?.oldestSeconds).toEqual(expect.any(Number));
    expect(await alerts()).not.toContain(media.id);
    await admin.expect<AdminQueue>(200, 'POST', '/api/admin/queues/announced/resume');
    await eventually(alerts, (text) => text.includes(media.id));
    const { items } = await admin.expect<AuditList>(200, 'GET', '/api/admin/audit?limit=2');
    expect(items.map(({ action, target }) => [action, target.id])).toEqual([
      ['queue.resume', 'announced'],
      ['queue.pause', 'announced'],
    ]);
  });

  it('are on a board that changes nothing and shows no payload', async () => {
    const board = '/api/admin/queues/board';
    const page = await admin.fetch('GET', board);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers.get('content-security-policy')).toContain("base-uri 'self'");
    const other = await admin.fetch('GET', '/api/admin/queues');
    expect(other.headers.get('content-security-policy')).toContain("base-uri 'none'");
    const { client, user } = await newUser();
    await client.upload(jpeg, { filename: 'a.jpg' });
    const jobs = await eventually(
      async () => (await admin.fetch('GET', `${board}/api/queues?activeQueue=image&status=prioritized`)).text(),
      (text) => text.includes('hidden'),
    );
    expect(jobs).not.toContain(user.id);
    const clean = await admin.call('PUT', `${board}/api/queues/image/pause`);
    expect(clean.status).toBe(405);
  });

  it('have the names of the job map only', async () => {
    expect(await admin.problem('POST', '/api/admin/queues/nothing/pause')).toMatchObject({ code: 'not_found' });
  });
});

describe('GET /api/admin/overview', () => {
  it('sums accounts, media and storage, and shows failures, queues, workers, health and channels', async () => {
    await failedUpload(await newUser(), 'encrypted_media', 'Locked');
    const overview = await admin.expect<AdminOverview>(200, 'GET', '/api/admin/overview');
    expect(overview.media.failed).toBeGreaterThan(0);
    expect(overview).toMatchObject({
      workers: 0,
      health: { status: 'ok', checks: { redis: 'ok' } },
      channels: [
        { name: 'alerts', state: 'ok', detail: expect.stringContaining('alerts.ndjson') },
        { name: 'mail', state: 'off', detail: expect.stringContaining('MAIL_URL') },
        { name: 'webhooks', state: 'ok', detail: expect.any(String) },
      ],
      failures: expect.arrayContaining([{ code: 'encrypted_media', count: 1 }]),
      queues: expect.arrayContaining([expect.objectContaining({ name: 'image', paused: false })]),
    });
    expect(overview.users.total).toBeGreaterThan(2);
    expect(overview.storage.originalBytes).toBeGreaterThanOrEqual(jpeg.length);
  });

  it('shows what analyses have cost this month, and of which budget', async () => {
    expect(await totals(0)).toMatchObject({ analysis: { spentUsd: 0, budgetUsd: 20 } });
    await app.get(AnalysisBudget).reserve(newId(), 1_250_000);
    await app.get(AnalysisBudget).reserve(newId(), 250_000);
    expect(await totals(60_000)).toMatchObject({ analysis: { spentUsd: 1.5, budgetUsd: 20 } });
  });

  it('shows that mails cannot be written, until they can', async () => {
    const folder = join(dataDir, 'mail');
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, '');
    expect(await channel('mail')).toMatchObject({ state: 'down', detail: expect.stringContaining('kept') });
    await rm(folder);
    expect(await channel('mail')).toMatchObject({ state: 'off' });
  });
});

describe('the canary', () => {
  const result = { kind: 'image' as const, ok: true, seconds: 1.5, problem: null };

  it('is off until it runs, and its failure degrades the installation until it succeeds', async () => {
    expect(await view()).toEqual({ state: 'off', running: false, everyMinutes: 0, last: null });
    expect(await ready()).toMatchObject({ status: 'ok', checks: { canary: 'ok' } });
    await app.get(CanaryLog).begin();
    expect(await view()).toMatchObject({ running: true });
    const failed = { ...result, ok: false, problem: 'timeout' };
    await app.get(CanaryLog).record([result, failed]);
    expect(await view()).toMatchObject({ state: 'down', running: false, last: { results: [result, failed] } });
    await eventually(ready, ({ status, checks }) => status === 'degraded' && checks.canary === 'down');
    await app.get(CanaryLog).begin();
    await app.get(CanaryLog).record([result]);
    expect(await view()).toMatchObject({ state: 'ok' });
    await eventually(ready, ({ status }) => status === 'ok');
  });

  it('is down when its runs have stopped', async () => {
    const log = new CanaryLog(app.get(Dynamo), 5);
    await log.begin(new Date(Date.now() - 60 * 60_000));
    expect(await log.read()).toMatchObject({ state: 'down' });
  });
});

describe('the quota of an account', () => {
  it('replaces that of the server in statistics and uploads', async () => {
    const { client, user } = await newUser();
    await admin.expect(200, 'PATCH', `/api/admin/users/${user.id}`, { json: { quotaBytes: jpeg.length } });
    expect((await client.expect<MediaStats>(200, 'GET', '/api/media/stats')).quotaBytes).toBe(jpeg.length);
    await client.upload(jpeg, { filename: 'a.jpg' });
    expect((await client.tryUpload(jpeg, { filename: 'b.jpg' })).body).toMatchObject({ code: 'quota_exceeded' });
    await admin.expect(200, 'PATCH', `/api/admin/users/${user.id}`, { json: { quotaBytes: null } });
    await client.upload(jpeg, { filename: 'b.jpg' });
  });
});
