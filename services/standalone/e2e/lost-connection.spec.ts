import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browserPath, makeJpeg, newAccount, openBrowser, startProcess, startStandalone, type Stack, type TestProcess } from '#testing';

const banner = (page: Page) => page.locator('connection-banner:not([hidden])', { hasText: 'Trying again' });
const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;

describeWithBrowser('open pages while the API is away', () => {
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

  it('say so in plain words, go on by themselves, and are fresh again', async () => {
    await stack.processes!.services[0]!.stop();
    await banner(dashboard).waitFor();
    await dashboard.getByRole('link', { name: 'My Media' }).click();
    await notifications.getByRole('button', { name: 'Mark all read' }).click();
    await notifications.getByText('can not be reached').waitFor();

    restarted = await startProcess('standalone', stack.processes!.surroundings.env({ PORT: new URL(stack.baseUrl).port }));
    const file = { name: 'meanwhile.jpg', mimeType: 'image/jpeg', buffer: await makeJpeg() };
    expect((await context.request.post('/api/media', { multipart: { file } })).status()).toBe(201);
    await dashboard.locator('main article[data-status=completed]', { hasText: 'meanwhile' }).waitFor();
    await notifications.getByRole('link', { name: '“meanwhile” is ready' }).waitFor();
    for (const page of [dashboard, notifications]) await banner(page).waitFor({ state: 'detached' });
  }, 60_000);

  it('take a refusal for lack of a part as passing, too', async () => {
    await context.route('**/api/notifications/read-all', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ code: 'temporarily_unavailable', detail: 'A part of the service is away. Try again in a moment.' }) }));
    await notifications.getByRole('button', { name: 'Mark all read' }).click();
    await notifications.getByText('A part of the service is away').waitFor();
    await banner(notifications).waitFor();
    await banner(notifications).waitFor({ state: 'detached' });
  });

  it('say so before anybody is logged in, too', async () => {
    const guest = await (await browser.newContext({ baseURL: stack.baseUrl })).newPage();
    await guest.goto('/login');
    await guest.locator('[name=email]').fill('nobody@example.org');
    await guest.locator('[name=password]').fill('nothing');
    await guest.context().setOffline(true);
    await guest.getByRole('button', { name: 'Log in' }).click();
    await guest.getByRole('alert').getByText('can not be reached').waitFor();
    await banner(guest).waitFor();
    await guest.context().setOffline(false);
    await banner(guest).waitFor({ state: 'detached' });
    await guest.getByText('Connected again').waitFor();
    await guest.getByRole('button', { name: 'Log in' }).click();
    await guest.getByRole('alert').getByText('The e-mail or the password is not right').waitFor();
  });
});
