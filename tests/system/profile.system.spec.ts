import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browserPath, makeJpeg, newAccount, openBrowser, deployments, type Stack } from '#testing';
import { readZip } from './zip';

// services run apart do not serve pages: in the composed stack, nginx does
const [[name, start]] = deployments as [(typeof deployments)[number]];
const describeWithBrowser = browserPath ? describe : describe.skip;

describeWithBrowser(`an account and its profile, ${name}`, () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  const account = newAccount();

  const open = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(20_000);
    return context;
  };
  beforeAll(async () => {
    [stack, browser] = await Promise.all([start({ workers: 0 }), openBrowser()]);
    page = await (await open()).newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it('rates a password while it is typed, and shows why the server rejects it', async () => {
    await page.goto('/register');
    await page.getByText('At least 8 characters; not your name').waitFor();
    await page.locator('[name=username]').fill(account.username);
    await page.locator('[name=email]').fill(account.email);
    const password = page.locator('[name=password]');
    for (const [typed, hint] of [
      ['short', 'At least 8 characters.'],
      [account.username, 'Do not use your own name'],
      ['rememberremember1', 'Fair'],
      ['iloveyou1', 'Easy to guess'],
    ] as const) {
      await password.fill(typed);
      await page.locator('password-meter').getByText(hint).waitFor();
    }
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('.field-error', { hasText: 'one of the most common ones' }).waitFor();
    await password.fill(account.password);
    await page.locator('password-meter').getByText('Strong').waitFor();
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForURL(/\/$/);
  });

  it('ends all other sessions, whose open pages redirect to the login', async () => {
    const elsewhere = await (await open()).newPage();
    expect(
      (
        await elsewhere.request.post('/api/auth/login', { data: { email: account.email, password: account.password } })
      ).status(),
    ).toBe(200);
    const streaming = elsewhere.waitForResponse('**/api/events');
    await elsewhere.goto('/media');
    await streaming;
    await page.goto('/profile');
    await page.locator('[data-session-id]').nth(1).waitFor();
    await page.getByRole('button', { name: 'End all other sessions' }).click();
    await page.locator('[data-session-id]').nth(1).waitFor({ state: 'detached' });
    await elsewhere.waitForURL('**/login?next=%2Fmedia');
    await elsewhere.getByText('Your session has ended. Log in to continue.').waitFor();
    await page.locator('[data-current=true]').getByText('This device').waitFor();
    await elsewhere.context().close();
  });

  it('colours the bars of the browser like the chosen theme', async () => {
    const meta = page.locator('meta[name=theme-color]');
    const colours = async () => [await meta.first().getAttribute('content'), await meta.last().getAttribute('content')];
    const ofDevice = await colours();
    await page.getByText('Dark', { exact: true }).click();
    expect(await colours()).toEqual([ofDevice[1], ofDevice[1]]);
    await page.getByText('System', { exact: true }).click();
    expect(await colours()).toEqual(ofDevice);
  });

  it('describes the export, and downloads it', async () => {
    const buffer = await makeJpeg();
    await page.request.post('/api/media', {
      multipart: { file: { name: 'kept.jpg', mimeType: 'image/jpeg', buffer } },
    });
    await page.getByText(/One zip file with 1 original/).waitFor();
    const started = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export everything' }).click();
    const download = await started;
    expect(download.suggestedFilename()).toMatch(/^snapstream-.*\.zip$/);
    const entries = readZip(await readFile(await download.path()));
    expect(entries.map(({ sha256 }) => sha256)).toContain(createHash('sha256').update(buffer).digest('hex'));
  });

  it('lists what will be deleted, and deletes the account only after the username was typed', async () => {
    await page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByText('1 file (').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete account' }).click();
    await dialog.locator('[name=confirmation]').fill('somebody else');
    await dialog.locator('[name=password]').fill(account.password);
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await dialog.getByText('That is not your username').waitFor();
    await dialog.locator('[name=confirmation]').fill(account.username);
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await page.waitForURL('**/login');
    expect(
      (
        await page.request.post('/api/auth/login', { data: { email: account.email, password: account.password } })
      ).status(),
    ).toBe(401);
  });
});
