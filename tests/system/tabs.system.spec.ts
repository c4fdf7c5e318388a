import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Media, MediaList, MediaStats, NotificationList } from '#contracts';
import { Dynamo } from '#platform';
import {
  browserPath,
  changeJson,
  eventually,
  makeJpeg,
  newAccount,
  openBrowser,
  deployments,
  type Stack,
} from '#testing';

// services run apart do not serve pages: in the composed stack, nginx does
const [[name, start]] = deployments as [(typeof deployments)[number]];
const describeWithBrowser = browserPath ? describe : describe.skip;

/** Each picture is another one: the page would ask before it uploads a duplicate. */
let width = 200;
const whole = () => makeJpeg({ width: (width += 1) });
const half = async () => (await whole()).subarray(0, 900);
/** Waits until badge, title and favicon of a page show the number of unread notifications. */
const unread = async (page: Page, count: number) => {
  await page.locator(`[data-unread="${count}"]`).first().waitFor({ state: 'attached' });
  await eventually(
    () => page.title(),
    (title) => (count > 0 ? title.startsWith(`(${count}) `) : !title.startsWith('(')),
  );
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toMatch(
    count > 0 ? /favicon-unread/ : /favicon-(?!unread)/,
  );
};

describeWithBrowser(`two tabs of one browser, ${name}`, () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  /** The tab in use, and another one that is open in the background. */
  let front: Page;
  let behind: Page;
  let userId: string;
  const streams: Page[] = [];

  beforeAll(async () => {
    [stack, browser] = await Promise.all([start(), openBrowser()]);
    context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(20_000);
    context.on('request', (request) => request.url().endsWith('/api/events') && streams.push(request.frame().page()));
    userId = (
      (await (await context.request.post('/api/auth/register', { data: newAccount() })).json()) as { id: string }
    ).id;
    [front, behind] = [await context.newPage(), await context.newPage()];
    await front.goto('/upload');
    await eventually(
      () => Promise.resolve(streams),
      (opened) => opened.length > 0,
    );
    await behind.goto('/');
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const uploadInFront = async (...files: Array<[filename: string, bytes: Buffer]>) => {
    const chosen = files.map(([filename, buffer]) => ({ name: filename, mimeType: 'image/jpeg', buffer }));
    await front.locator('input[type=file][name=file]').first().setInputFiles(chosen);
  };
  const count = (status: string, value: number) =>
    behind.locator(`[data-count=${status}]`, { hasText: new RegExp(`^${value}$`) }).waitFor();

  it('shows an upload of one tab live in the other', async () => {
    await count('total', 0);
    await uploadInFront(['whole.jpg', await whole()]);
    await count('completed', 1);
    await behind.locator('.recent article[data-status=completed]', { hasText: 'whole' }).waitFor();
    await behind.getByRole('img', { name: /1 uploaded, 1 ready and 0 failed/ }).waitFor();
  });

  it('shows a failed upload of one tab in the other, with the reason', async () => {
    await uploadInFront(['half.jpg', await half()]);
    await count('failed', 1);
    await behind
      .locator('[data-attention]', { hasText: 'half' })
      .getByText(/Upload the complete file again/)
      .waitFor();
    await behind.getByRole('img', { name: /2 uploaded, 1 ready and 1 failed/ }).waitFor();
  });

  it('undoes the deletion of a failed upload', async () => {
    const problem = behind.locator('[data-attention]', { hasText: 'half' });
    await problem.getByRole('button', { name: 'Delete half' }).click();
    await problem.waitFor({ state: 'detached' });
    await behind.locator('.recent article', { hasText: 'half' }).waitFor({ state: 'detached' });
    await behind.getByRole('button', { name: 'Undo' }).click();
    await problem.waitFor();
    await count('total', 2);
  });

  it('keeps badge, title and favicon of both in step with the unread notifications', async () => {
    await Promise.all([unread(front, 3), unread(behind, 3)]);
    await behind.getByRole('link', { name: /Notifications/ }).click();
    await behind.getByRole('link', { name: /“half” could not be processed/ }).click();
    await behind.waitForURL('**/media/*');
    await Promise.all([unread(front, 2), unread(behind, 2)]);
    await behind.goBack();
    await behind.getByRole('button', { name: 'Mark all read' }).click();
    await Promise.all([unread(front, 0), unread(behind, 0)]);
  });

  it('groups the notifications of a drop, and undoes clearing them', async () => {
    await uploadInFront(
      ['one.jpg', await whole()],
      ['two.jpg', await whole()],
      ['three.jpg', await whole()],
      ['torn.jpg', await half()],
    );
    const drop = behind.locator('note-row', { has: behind.getByRole('heading', { name: '3 ready, 1 failed' }) });
    await drop.waitFor();
    await behind.getByRole('heading', { level: 2, name: 'Today' }).waitFor();
    await eventually(
      () => drop.locator('.note-sign img').evaluate((image: { naturalWidth: number }) => image.naturalWidth),
      (pixels) => pixels > 0,
    );
    expect(await drop.getByRole('link').count()).toBe(3);
    await drop.getByRole('button', { name: 'Show all 4' }).click();
    expect(await drop.getByRole('link').first().textContent()).toContain('torn');
    expect(await drop.getByRole('link').count()).toBe(4);
    await drop.getByRole('button', { name: /^Clear/ }).click();
    await drop.waitFor({ state: 'detached' });
    await unread(behind, 0);
    await behind.getByRole('button', { name: 'Undo' }).click();
    await drop.waitFor();
    await Promise.all([unread(front, 4), unread(behind, 4)]);
  });

  it('retries a failed file from its notification, and updates the group in place', async () => {
    if (!stack.processes) return;
    const list = (await (await context.request.get('/api/notifications')).json()) as NotificationList;
    const torn = list.items.find(({ title }) => title.includes('torn'))!;
    const dynamo = Dynamo.connect(stack.processes.environment.config());
    await dynamo.update('notifications', { userId, id: torn.id }, { set: [['retryable', true]] });
    dynamo.close();
    await behind.reload();
    await behind.getByRole('button', { name: 'Retry 1' }).click();
    await behind.getByText('1 file is queued again').waitFor();
    await behind.getByRole('button', { name: 'Retry 1' }).waitFor({ state: 'detached' });
    await unread(behind, 5);
    await behind.getByRole('heading', { name: '3 ready, 1 failed' }).waitFor();
  });

  it('hides in all tabs what one clears, and shows it again after an undo', async () => {
    await front.getByRole('link', { name: /Notifications/ }).click();
    const row = front.locator('note-row').first();
    await row.waitFor();
    await behind.getByRole('button', { name: 'Clear all' }).click();
    await front.getByText('All quiet').waitFor();
    await behind.getByRole('button', { name: 'Undo' }).click();
    await row.waitFor();
    await behind.locator('note-row').first().waitFor();
  });

  it('shares one event stream, which the remaining tab takes over without missing events', async () => {
    expect(streams.map((page) => page === front)).toEqual([true]);
    await behind.goto('/');
    await count('total', 6);
    const opened = Promise.withResolvers<void>();
    await context.route('**/api/events', (route) => opened.promise.then(() => route.continue()));
    await front.close();
    await eventually(
      () => Promise.resolve(streams),
      (all) => all.includes(behind),
    );
    const file = { name: 'missed.jpg', mimeType: 'image/jpeg', buffer: await whole() };
    const { id } = (await (await context.request.post('/api/media', { multipart: { file } })).json()) as { id: string };
    await eventually(
      async () => (await (await context.request.get(`/api/media/${id}`)).json()) as { status: string },
      ({ status }) => status === 'completed',
    );
    opened.resolve();
    await count('total', 7);
    await behind.locator('.recent article[data-status=completed]', { hasText: 'missed' }).waitFor();
  });

  it('shows what another device renames and deletes', async () => {
    const { items } = (await (await context.request.get('/api/media?limit=2')).json()) as MediaList;
    const [viewed, deleted] = items as [Media, Media];
    await context.request.patch(`/api/media/${viewed.id}`, { data: { title: 'renamed elsewhere' } });
    await behind.locator('.recent article', { hasText: 'renamed elsewhere' }).waitFor();
    let reads = 0; // the first counts are those from before the deletion
    await changeJson<MediaStats>(behind, '**/api/media/stats', (stats) => ({
      ...stats,
      total: (reads += 1) === 1 ? 7 : stats.total,
    }));
    await context.request.delete(`/api/media/${deleted.id}`);
    await count('total', 6);
    await behind.locator(`.recent [data-media-id="${deleted.id}"]`).waitFor({ state: 'detached' });
    await behind.goto(`/media/${viewed.id}`);
    await behind.getByRole('heading', { level: 1, name: 'renamed elsewhere' }).waitFor();
    await context.request.delete(`/api/media/${viewed.id}`);
    await behind.getByText('“renamed elsewhere” was deleted.').waitFor();
    await behind.waitForURL('**/media');
  });
});
