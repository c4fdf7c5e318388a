import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { MediaList } from '#contracts';
import {
  browserPath,
  changeAnswer,
  eventually,
  makeJpeg,
  newAccount,
  openBrowser,
  startProcess,
  startStandalone,
  type Stack,
  type TestProcess,
} from '#testing';

const banner = (page: Page) => page.locator('connection-banner:not([hidden])', { hasText: 'Retrying automatically' });
const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;

describeWithBrowser('open pages while the API is unavailable', () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  let dashboard: Page;
  let notifications: Page;
  let restarted: TestProcess | undefined;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStandalone(), openBrowser()]);
    context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(25_000);
    await context.request.post('/api/auth/register', { data: newAccount() });
    dashboard = await context.newPage();
    const streaming = dashboard.waitForResponse('**/api/events');
    await dashboard.goto('/');
    await streaming;
    notifications = await context.newPage();
    await notifications.goto('/notifications');
    await notifications.getByText('Welcome to SnapStream').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await restarted?.stop();
    await stack?.stop();
  });

  it('show a banner, reconnect by themselves, and show what happened meanwhile', async () => {
    await stack.processes!.services[0]!.stop();
    await banner(dashboard).waitFor();
    await dashboard.getByRole('link', { name: 'My Media' }).click();
    await notifications.getByRole('button', { name: 'Mark all read' }).click();
    await notifications.getByText('cannot be reached').waitFor();

    restarted = await startProcess(
      'standalone',
      stack.processes!.environment.env({ PORT: new URL(stack.baseUrl).port }),
    );
    const file = { name: 'meanwhile.jpg', mimeType: 'image/jpeg', buffer: await makeJpeg() };
    expect((await context.request.post('/api/media', { multipart: { file } })).status()).toBe(201);
    await dashboard.locator('main article[data-status=completed]', { hasText: 'meanwhile' }).waitFor();
    await notifications.getByRole('link', { name: '“meanwhile” is ready' }).waitFor();
    for (const page of [dashboard, notifications]) await banner(page).waitFor({ state: 'detached' });
  }, 60_000);

  it('show the banner after a 503 of one route, and hide it again', async () => {
    await context.route('**/api/notifications/read-all', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          code: 'temporarily_unavailable',
          detail: 'A part of the service is unavailable. Try again in a moment.',
        }),
      }),
    );
    await notifications.getByRole('button', { name: 'Mark all read' }).click();
    await notifications.getByText('A part of the service is unavailable').waitFor();
    await banner(notifications).waitFor();
    await banner(notifications).waitFor({ state: 'detached' });
  });

  it.each([403, 429, 500])(
    'show why the library cannot be loaded (%i), and load it again on "Try again"',
    async (status) => {
      const library = await context.newPage();
      const answers = await interceptLists(library, status);
      await library.goto('/media');
      await library.getByRole('alert').getByText(`Refused with ${status}.`).waitFor();
      expect(await library.locator('.library .skeleton').count()).toBe(0);
      await library.getByRole('button', { name: 'Try again' }).click();
      await eventually(
        () => Promise.resolve(answers.first),
        (requests) => requests === 2,
      );
      await library.getByRole('alert').getByText(`Refused with ${status}.`).waitFor();
      answers.refuseFirst = false;
      await library.getByRole('button', { name: 'Try again' }).click();
      await library.getByRole('link', { name: 'meanwhile' }).waitFor();
      await library.getByRole('alert').getByText(`Refused with ${status}.`).waitFor(); // of the next page, now
      expect(await library.locator('.library .skeleton').count()).toBe(0);
      await library.keyboard.press('Control+a');
      await library.waitForTimeout(300);
      expect(answers.second).toBeLessThanOrEqual(2);
      answers.refuseSecond = false;
      await library.getByRole('button', { name: 'Try again' }).click();
      await library.getByText('1 item', { exact: true }).waitFor();
      expect(await library.getByRole('alert').count()).toBe(0);
      await library.close();
    },
  );

  it.each([
    ['an unknown status', 'status=bogus', ''],
    ['an unknown kind and order', 'kind=paper&order=sideways', ''],
    ['the end of a search that is too long', `q=${'q'.repeat(500)}`, `?q=${'q'.repeat(200)}`],
  ])('remove an invalid filter from the address: %s', async (_what, query, kept) => {
    const library = await context.newPage();
    await library.goto(`/media?${query}`);
    await library.locator('media-card, .library .empty').first().waitFor();
    expect(await library.getByRole('alert').count()).toBe(0);
    expect(await library.getByLabel('Status').inputValue()).toBe('');
    expect(new URL(library.url()).search).toBe(kept);
    await library.close();
  });

  it('show the banner on the login page, too', async () => {
    const guest = await (await browser.newContext({ baseURL: stack.baseUrl })).newPage();
    await guest.goto('/login');
    await guest.locator('[name=email]').fill('nobody@example.org');
    await guest.locator('[name=password]').fill('nothing');
    await guest.context().setOffline(true);
    await guest.getByRole('button', { name: 'Log in' }).click();
    await guest.getByRole('alert').getByText('cannot be reached').waitFor();
    await banner(guest).waitFor();
    await guest.context().setOffline(false);
    await banner(guest).waitFor({ state: 'detached' });
    await guest.getByText('Connected again').waitFor();
    await guest.getByRole('button', { name: 'Log in' }).click();
    await guest.getByRole('alert').getByText('The e-mail or the password is not right').waitFor();
  });
});

/** Serves the library as two pages and counts their requests; refuses a page while its flag is set. */
async function interceptLists(page: Page, status: number) {
  const answers = { first: 0, second: 0, refuseFirst: true, refuseSecond: true };
  await page.route(/\/api\/media\?/, async (route) => {
    const isSecond = route.request().url().includes('cursor=');
    answers[isSecond ? 'second' : 'first'] += 1;
    const json = { type: 'about:blank', title: 'Refused', status, code: 'refused', detail: `Refused with ${status}.` };
    if (isSecond ? answers.refuseSecond : answers.refuseFirst) return route.fulfill({ status, json });
    if (isSecond) return route.fulfill({ json: { items: [], nextCursor: null } });
    return changeAnswer<MediaList>(route, ({ items }) => ({ items, nextCursor: 'next' }));
  });
  return answers;
}
