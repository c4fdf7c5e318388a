import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { BatchRequest, Media, MediaList, NotificationList } from '#contracts';
import { MediaRepository } from '#media';
import { Dynamo } from '#platform';
import { aMedium, browserPath, eventually, openBrowser, startStandalone, type ApiClient, type Stack } from '#testing';

const count = 120;
const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;

describeWithBrowser('deleting in a browser', () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let api: ApiClient;
  let dynamo: Dynamo;

  beforeAll(async () => {
    // without workers, so that the items in the table do not change
    [stack, browser] = await Promise.all([startStandalone({ workers: 0 }), openBrowser()]);
    dynamo = Dynamo.connect(stack.processes!.environment.config());
    const repository = new MediaRepository(dynamo);
    ({ api } = await stack.newUser());
    const { id: userId } = await api.expect<{ id: string }>(200, 'GET', '/api/auth/me');
    for (let index = 0; index < count; index += 1) await repository.create(aMedium({ userId, title: `Item ${index}` }));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    dynamo.close();
    await stack.stop();
  });
  beforeEach(async () => {
    // one context per test: a fake clock holds for all pages of a context
    const viewport = { width: 1280, height: 800 };
    context = await browser.newContext({ baseURL: stack.baseUrl, viewport, reducedMotion: 'reduce' });
    context.setDefaultTimeout(15_000);
    const [name = '', value = ''] = api.cookie.split('=');
    await context.addCookies([{ name, value, url: stack.baseUrl }]);
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const stored = async () => {
    const items: Media[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const answer: MediaList = await api.expect<MediaList>(200, 'GET', `/api/media?limit=100${query}`);
      items.push(...answer.items);
      cursor = answer.nextCursor;
    }
    return items;
  };
  const notifications = async () => (await api.expect<NotificationList>(200, 'GET', '/api/notifications')).items;
  const total = async () => (await stored()).length;
  /** Opens the library and selects the first `wanted` items with the keyboard. */
  const select = async (wanted: number) => {
    await page.goto('/media');
    await page.locator('.card-check').first().check();
    const last = page.locator('.card-check').nth(wanted - 1);
    await last.scrollIntoViewIfNeeded();
    await last.click({ modifiers: ['Shift'] });
    await page.getByText(`${wanted} selected`).waitFor();
  };
  const deleteSelected = () => page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  const toast = () => page.locator('.toast');

  it('happens although the pointer still rests on the toast', async () => {
    const before = await total();
    await page.clock.install();
    await select(3);
    await deleteSelected();
    await page.locator('.toast:hover', { hasText: '3 items were deleted.' }).waitFor();
    await page.clock.fastForward(9_000);
    await eventually(total, (left) => left === before - 3);
    await toast().waitFor({ state: 'detached' });
  });

  it('waits for up to 30 s while the pointer moves over the undo toast or the focus is in it', async () => {
    const before = await total();
    await page.clock.install();
    await select(3);
    await deleteSelected();
    await page.locator('.toast:hover').waitFor();
    const { x, y } = (await toast().boundingBox())!;
    await page.mouse.move(x + 20, y + 20, { steps: 3 });
    await page.clock.fastForward(15_000);
    await page.getByRole('button', { name: 'Undo' }).focus();
    await page.clock.fastForward(10_000);
    expect([await toast().count(), await total()]).toEqual([1, before]);
    await page.clock.fastForward(6_000);
    await eventually(total, (left) => left === before - 3);
  });

  it('asks before it deletes more than 50 at once, and deletes none after "Cancel"', async () => {
    const before = await total();
    await page.goto('/media');
    await page.locator('media-card').first().waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText(`${before} selected`).waitFor();
    await page.keyboard.press('Delete');
    const question = page.getByRole('dialog', { name: `Delete ${before} items?` });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(`${before} selected`).waitFor();
    expect([await toast().count(), await total()]).toEqual([0, before]);
  });

  it('can be undone on every page after deleting on the page of a medium', async () => {
    const [{ id, title } = { id: '', title: '' }, next] = await stored();
    await page.goto(`/media/${id}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL('**/media');
    await page.getByText(`“${title}” was deleted.`).waitFor();
    await page.getByRole('link', { name: next!.title, exact: true }).waitFor();
    expect(await page.getByRole('link', { name: title, exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'Profile' }).click();
    await page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
    await page.keyboard.press('Control+z');
    await toast().waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'My Media' }).click();
    await page.getByRole('link', { name: title, exact: true }).waitFor();
    expect((await stored())[0]?.id).toBe(id);
  });

  it('happens at once when the page is closed during the undo time, and shows in other tabs', async () => {
    const other = await context.newPage();
    await other.goto('/media');
    await other.locator('media-card').first().waitFor();
    const before = (await stored()).map(({ id }) => id);
    await page.goto('/media');
    await page.locator('media-card').first().waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText(`${before.length} selected`).waitFor();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    const requested: string[] = [];
    const batchUrl = /\/api\/media\/batch$/;
    page.on('request', (request) => {
      if (batchUrl.test(request.url())) requested.push(...(request.postDataJSON() as BatchRequest).ids);
    });
    await page.close();
    expect(requested.toSorted()).toEqual(before.toSorted());
    await eventually(total, (left) => left < before.length);
    await other.getByText('Your library is empty').waitFor();
  });

  it('clears notifications when the page is closed during the undo time, and shows in other tabs', async () => {
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto('/notifications');
      await tab.getByText('Welcome to SnapStream').waitFor();
    }
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.close();
    await other.getByText('All quiet').waitFor();
    await other.locator('[data-unread="0"]').first().waitFor({ state: 'attached' });
    await eventually(notifications, (items) => items.length === 0);
  });
});
