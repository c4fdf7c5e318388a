import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Media, MediaList } from '#contracts';
import { MediaRepository } from '#media';
import { Dynamo, newId } from '#platform';
import { aMedium, browserPath, eventually, openBrowser, startStandalone, type ApiClient, type Stack } from '#testing';

const count = 600;
const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;
/** One item is deleted by a test. */
const areAll = (selected: string | null) => Number.parseInt(selected ?? '', 10) >= count - 1;

describeWithBrowser('a large library in a browser', () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let api: ApiClient;
  let repository: MediaRepository;
  let userId: string;

  beforeAll(async () => {
    // without workers, so that the items in the table do not change
    [stack, browser] = await Promise.all([startStandalone({ workers: 0 }), openBrowser()]);
    const dynamo = Dynamo.connect(stack.processes!.environment.config());
    repository = new MediaRepository(dynamo);
    ({ api } = await stack.newUser());
    userId = (await api.expect<{ id: string }>(200, 'GET', '/api/auth/me')).id;
    for (let index = 0; index < count; index += 1) await repository.create(aMedium({ userId, title: `Item ${index}` }));
    context = await browser.newContext({
      baseURL: stack.baseUrl,
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const [name = '', value = ''] = api.cookie.split('=');
    await context.addCookies([{ name, value, url: stack.baseUrl }]);
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  /** Opens the library from another page: a reload would restore the scroll position. */
  const openLibrary = async () => {
    await page.goto('/profile');
    await page.getByRole('link', { name: 'My Media' }).click();
  };
  const titles = () => page.locator('.card-title').allTextContents();
  const selected = () => page.locator('.selection-count').textContent();
  const scrollTo = (y: number) => page.evaluate(`scrollTo(0, ${y})`);
  const scrollY = () => page.evaluate<number>('Math.round(scrollY)');
  const inSight = () =>
    page.evaluate<string | undefined>("document.elementFromPoint(640, 400)?.closest('media-card')?.media.title");
  const newest = async () => (await api.expect<MediaList>(200, 'GET', '/api/media?limit=100')).items;

  it('renders only the cards near the window, down to the last', async () => {
    await page.goto('/media');
    await page.getByText(`Item ${count - 1}`, { exact: true }).waitFor();
    const most: number[] = [];
    await eventually(
      async () => {
        await page.evaluate('scrollBy(0, 3000)');
        most.push(await page.locator('media-card').count());
        return page.locator('.library-end').textContent();
      },
      (text) => text === `${count} items`,
    );
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await page.getByText('Item 0', { exact: true }).waitFor();
    expect(Math.max(...most)).toBeLessThan(120);
    expect(await titles()).not.toContain(`Item ${count - 1}`);
  });

  it('restores the scroll position after back, forward and reload', async () => {
    await openLibrary();
    await page.locator('media-card').first().waitFor();
    await eventually(
      async () => scrollTo(9_000).then(scrollY),
      (y) => y === 9_000,
    );
    const title = await eventually(inSight, Boolean);
    const place = await scrollY();
    await page.getByRole('link', { name: title!, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title! }).waitFor();
    await page.goBack();
    await eventually(scrollY, (y) => y === place);
    expect(await titles()).toContain(title);
    await page.goForward();
    await page.getByRole('heading', { level: 1, name: title! }).waitFor();
    await page.goBack();
    await eventually(scrollY, (y) => y === place);
    await page.waitForTimeout(300); // the position is saved once scrolling has settled
    await page.reload();
    await eventually(
      async () => [await scrollY(), (await titles()).includes(title!)],
      ([y, shown]) => y === place && shown === true,
    );
  });

  it('adds new items at the top without moving the visible ones', async () => {
    await openLibrary();
    await page.locator('media-card').first().waitFor();
    await eventually(
      async () => scrollTo(3_000).then(scrollY),
      (y) => y === 3_000,
    );
    const title = await eventually(inSight, Boolean);
    for (let more = 0; more < 5; more += 1) await repository.create(aMedium({ userId, title: `Item ${count + more}` }));
    // the message that the tab with the event stream sends when it may have missed events
    await page.evaluate("new BroadcastChannel('snapstream').postMessage({ type: 'refetch' })");
    await eventually(scrollY, (y) => y > 3_100);
    expect(await inSight()).toBe(title);
    await scrollTo(0);
    const added = (await newest()).slice(0, 5);
    await page.getByText(added[0]!.title, { exact: true }).waitFor();
    await api.expect(200, 'POST', '/api/media/batch', { json: { action: 'delete', ids: added.map(({ id }) => id) } });
  });

  it('keeps filter and order in the address, and "back" reverts them', async () => {
    await openLibrary();
    await page.getByText(`Item ${count - 1}`, { exact: true }).waitFor();
    await page.getByLabel('Order').selectOption('asc');
    await page.getByText('Item 0', { exact: true }).waitFor();
    await page.waitForURL('**/media?order=asc');
    await page.getByText('Videos', { exact: true }).click();
    await page.getByText('Nothing matches').waitFor();
    await page.waitForURL('**/media?kind=video&order=asc');
    await page.goBack();
    await page.getByText('Item 0', { exact: true }).waitFor();
    await page.goBack();
    await page.getByText(`Item ${count - 1}`, { exact: true }).waitFor();
  });

  it('selects a range with the mouse, deletes it, and undoes that', async () => {
    await page.goto('/media');
    await page.getByLabel(`Select Item ${count - 2}`, { exact: true }).check();
    await page.getByLabel(`Select Item ${count - 5}`, { exact: true }).click({ modifiers: ['Shift'] });
    expect(await selected()).toBe('4 selected');
    await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('4 items were deleted.').waitFor();
    expect((await titles()).slice(0, 2)).toEqual([`Item ${count - 1}`, `Item ${count - 6}`]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`Item ${count - 3}`, { exact: true }).waitFor();
    expect((await newest()).map(({ title }) => title).slice(0, 5)).toEqual(
      [1, 2, 3, 4, 5].map((back) => `Item ${count - back}`),
    );
  });

  it('selects with the keyboard, and deletes on the server once the undo toast is closed', async () => {
    await page.goto('/media');
    const first = page.getByRole('link', { name: `Item ${count - 1}`, exact: true });
    await first.focus();
    await page.keyboard.press('x');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await selected()).toBe('7 selected');
    await page.keyboard.press('Escape');
    expect(await page.locator('.card-check:checked').count()).toBe(0);
    await page.keyboard.press('Control+a');
    await eventually(selected, (text) => text === `${count} selected`);
    await page.keyboard.press('Escape');
    await first.focus();
    await page.keyboard.press('Delete');
    await page.getByText(`“Item ${count - 1}” was deleted.`).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe(`Item ${count - 2}`);
    expect((await newest())[0]?.title).toBe(`Item ${count - 1}`);
    await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
    await eventually(newest, ([item]) => item?.title === `Item ${count - 2}`);
  });

  it('moves to both ends with the keyboard, and selects a month or everything with buttons', async () => {
    await page.goto('/media');
    const first = page.locator('.card-link').first();
    await first.focus();
    await page.keyboard.press('End');
    expect(await scrollY()).toBeGreaterThan(1_000);
    await page.keyboard.press('Home');
    expect(await page.evaluate('document.activeElement === document.querySelector(".card-link")')).toBe(true);
    await page.getByRole('button', { name: /^Select \w+ \d{4}$/ }).click();
    await eventually(selected, areAll);
    await page.keyboard.press('Escape');
    await first.focus();
    await page.keyboard.press('x');
    await page.getByRole('toolbar').getByRole('button', { name: 'Select all' }).click();
    await eventually(selected, areAll);
    await page.keyboard.press('Escape');
  });

  it('keeps search and month in sight, names positions, and uses the whole width', async () => {
    await page.goto('/media');
    const article = page.locator('media-card article').first();
    await article.waitFor();
    expect(await article.getAttribute('aria-posinset')).toBe('1');
    expect(Number(await article.getAttribute('aria-setsize'))).toBeGreaterThan(100);
    const stops = 'document.querySelector("media-card").querySelectorAll("a, input, button:not([tabindex])").length';
    expect(await page.evaluate(stops)).toBe(2);
    await scrollTo(3_000);
    await eventually(
      () => page.locator('.month-now').innerText(),
      (text) => /^\w+ \d{4}$/.test(text),
    );
    expect((await page.getByRole('searchbox').boundingBox())!.y).toBeGreaterThanOrEqual(0);
    await page.setViewportSize({ width: 2560, height: 800 });
    await eventually(
      async () => (await page.locator('virtual-grid').boundingBox())!.width,
      (width) => width > 2_200,
    );
    await page.setViewportSize({ width: 1280, height: 800 });
    await scrollTo(0);
  });

  it('lists the keys, and finds the search by key from any page', async () => {
    await page.goto('/profile');
    await page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Select all').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.waitForURL('**/media');
    await eventually(
      () => page.evaluate('document.activeElement.name'),
      (name) => name === 'q',
    );
  });

  it('starts a selection by touch with a long press, and extends it with taps', async () => {
    const phone = await browser.newContext({
      baseURL: stack.baseUrl,
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
      storageState: await context.storageState(),
    });
    const touched = await phone.newPage();
    const session = await phone.newCDPSession(touched);
    await touched.goto('/media');
    const { x, y } = (await touched.locator('media-card').nth(1).boundingBox())!;
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 60, y: y + 60 }] });
    await touched.getByText('1 selected').waitFor();
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await touched.locator('media-card').nth(2).tap();
    await touched.getByText('2 selected').waitFor();
    expect(new URL(touched.url()).pathname).toBe('/media');
    await phone.close();
  });

  it('adapts to language, script, passing time, forced colours and paper', async () => {
    await repository.create(aMedium({ userId, title: 'صورة من الشاطئ' }));
    const adapted = await browser.newContext({
      baseURL: stack.baseUrl,
      viewport: { width: 1280, height: 800 },
      locale: 'de-DE',
      forcedColors: 'active',
      storageState: await context.storageState(),
    });
    const adaptedPage = await adapted.newPage();
    await adaptedPage.clock.install();
    await adaptedPage.goto('/media');
    const card = adaptedPage.locator('media-card').first();
    await card.getByText('just now').waitFor();
    const style = (selector: string, name: string) =>
      adaptedPage.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${name}`);
    expect(await style('.card-title', 'direction')).toBe('rtl');
    expect(await card.locator('time').getAttribute('title')).toMatch(/^\d\d\.\d\d\.\d{4}/);
    await card.getByRole('checkbox').check();
    expect(await style('media-card[data-selected] .card-picture', 'outlineStyle')).toBe('solid');
    expect(await style('.nav-link[aria-current]', 'backgroundColor')).not.toBe(
      await style('.nav-link:not([aria-current])', 'backgroundColor'),
    );
    await adaptedPage.clock.fastForward('01:30:00');
    await card.getByText('1 hour ago').waitFor();
    await adaptedPage.emulateMedia({ media: 'print' });
    expect(await adaptedPage.locator('app-nav').isVisible()).toBe(false);
    await adaptedPage.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await adaptedPage.locator('media-card').count()).toBeGreaterThanOrEqual(100);
    await adapted.close();
    const [{ id }] = (await newest()) as [Media];
    await api.expect(204, 'DELETE', `/api/media/${id}`);
  });

  it('retries the failed items of a selection', async () => {
    const failed = (await newest()).slice(0, 2);
    for (const item of failed) await fail(item);
    await page.goto('/media?status=failed');
    await page.locator('article[data-status=failed]').nth(1).waitFor();
    await page.locator('.card-reason').first().waitFor();
    await page.keyboard.press('Control+a');
    await page.getByRole('toolbar').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('2 files are queued again.').waitFor();
    await page.getByText('Nothing matches').waitFor();
    expect((await api.media(failed[0]!.id)).round).toBe(2);
  });

  async function fail({ id }: Media): Promise<void> {
    const token = newId();
    await repository.claim({ userId, id }, token, 60_000);
    await repository.finish({ userId, id }, token, { status: 'failed', code: 'processing_error' });
  }
});
