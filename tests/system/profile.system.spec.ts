import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import {
  ApiClient,
  browserPath,
  deployments,
  eventually,
  makeJpeg,
  newAccount,
  openBrowser,
  parseMail,
  type ReceivedMail,
  type Stack,
} from '#testing';
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
  /** Waits for the mail of this subject to an address, and returns the path that it links to. */
  const linkTo = async (to: string, subject: string): Promise<string> => {
    const folder = join(stack.processes!.dataDir, 'mail');
    const isIt = (mail: ReceivedMail) => mail.to === to && mail.subject === subject;
    const mails = async () =>
      Promise.all(
        (await readdir(folder))
          .filter((file) => file.endsWith('.eml'))
          .map(async (file) => parseMail(await readFile(join(folder, file), 'utf8'))),
      );
    const found = (await eventually(mails, (all) => all.some(isIt))).find(isIt)!;
    const { pathname, search } = new URL(/https?:\S+\?token=\S+/.exec(found.text)![0]);
    return pathname + search;
  };
  beforeAll(async () => {
    [stack, browser] = await Promise.all([start({ workers: 1 }), openBrowser()]);
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

  it('changes the e-mail address by a link that is mailed to the new one', async () => {
    const { email } = newAccount();
    const section = page.locator('.profile-section', { hasText: 'A new address counts once' });
    await section.getByText('not confirmed yet').waitFor();
    await section.locator('[name=email]').fill(email);
    await section.locator('[name=password]').fill(account.password);
    await section.getByRole('button', { name: 'Send the link' }).click();
    await section.getByText(`${email} replaces it`).waitFor();
    await page.goto(await linkTo(email, 'Confirm your e-mail address'));
    await page.getByRole('button', { name: 'Confirm the address' }).click();
    await page.waitForURL('**/profile');
    await section.getByText(`${email} · confirmed`).waitFor();
    account.email = email;
  });

  it('saves by which channels its owner is notified', async () => {
    const mode = page.getByLabel('By e-mail: A drop is finished');
    await mode.selectOption('daily');
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await mode.waitFor();
    expect(await mode.inputValue()).toBe('daily');
  });

  it('replaces a forgotten password by a link that is mailed', async () => {
    const guest = await (await open()).newPage();
    await guest.goto('/login');
    await guest.getByRole('link', { name: 'Set a new one' }).click();
    await guest.getByRole('heading', { name: 'Forgot your password?' }).waitFor(); // the login has this field as well
    await guest.locator('[name=email]').fill(account.email);
    await guest.getByRole('button', { name: 'Send the link' }).click();
    await guest.getByText('If there is an account with').waitFor();
    const link = await linkTo(account.email, 'Set a new password');
    await guest.goto(link);
    account.password = `new ${account.password}`;
    await guest.locator('[name=password]').fill(account.password);
    await guest.getByRole('button', { name: 'Set password' }).click();
    await guest.waitForURL('**/login');
    await page.waitForURL('**/login?next=%2Fprofile');
    await page.locator('[name=email]').fill(account.email);
    await page.locator('[name=password]').fill(account.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL('**/profile');
    await guest.goto(link);
    await guest.locator('[name=password]').fill('one more sentence');
    await guest.getByRole('button', { name: 'Set password' }).click();
    await guest.getByText('This link was used already').waitFor();
    await guest.context().close();
  });

  it('lets the admin disable a user, retry failed media, pause a queue, and see who did so', async () => {
    const other = new ApiClient(stack.baseUrl);
    const { username } = await other.register();
    const jpeg = new Uint8Array(await makeJpeg({ width: 800, height: 600 }));
    const { id } = await other.upload(jpeg.subarray(0, jpeg.length >> 1), { filename: 'half.jpg', title: 'Half' });
    await other.waitUntilSettled(id);

    await page.getByRole('link', { name: 'Admin', exact: true }).click();
    await page.getByRole('heading', { name: 'Admin: Overview' }).waitFor();
    await page.getByText('alerts.ndjson').waitFor();
    await page.getByRole('button', { name: 'Run it now' }).click();
    const canary = page.locator('section', { has: page.getByRole('heading', { name: 'Canary' }) });
    await canary.getByText('OK', { exact: true }).nth(2).waitFor();
    await eventually(leftovers, (files) => files.length === 0);
    const sections = page.getByRole('navigation', { name: 'Admin sections' });

    await sections.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('searchbox').fill(username.toUpperCase());
    await page.getByRole('button', { name: `Disable ${username}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('Disabled', { exact: true }).waitFor();
    expect((await other.call('GET', '/api/auth/me')).status).toBe(401);
    await page.getByRole('button', { name: `Enable ${username}` }).press('Enter');
    await page.getByRole('button', { name: `Disable ${username}` }).waitFor();

    await page.getByRole('link', { name: `1 media of ${username}` }).click();
    await page.getByRole('combobox', { name: 'Status' }).selectOption('failed');
    await page.getByRole('checkbox', { name: 'Select Half' }).check();
    await page.getByRole('button', { name: 'Retry 1 selected' }).click();
    await page.getByText('1 queued again.').waitFor();

    await sections.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('button', { name: 'Pause eraseMedia' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume eraseMedia' }).click();
    await page.getByRole('button', { name: 'Pause eraseMedia' }).waitFor();

    await sections.getByRole('link', { name: 'Audit log' }).click();
    for (const act of ['disabled an account', 'retried media', 'paused a queue', 'resumed a queue'])
      await page.getByRole('cell', { name: act }).first().waitFor();
  });

  /** Files of the canary's account, and alerts of it. */
  async function leftovers(): Promise<string[]> {
    const { dataDir } = stack.processes!;
    const files = await readdir(join(dataDir, 'objects'), { recursive: true });
    const alerts = (await readFile(join(dataDir, 'alerts.ndjson'), 'utf8')).split('\n');
    return [...files, ...alerts].filter((text) => text.includes('CANARY'));
  }

  it('has no admin area for others', async () => {
    const context = await open();
    const ordinary = await context.newPage();
    await ordinary.request.post('/api/auth/register', { data: newAccount() });
    await ordinary.goto('/admin/users');
    await ordinary.getByRole('heading', { name: 'Page not found' }).waitFor();
    expect(await ordinary.getByRole('link', { name: 'Admin', exact: true }).count()).toBe(0);
    await context.close();
  });

  it('creates an API key, shows it once, and revokes it', async () => {
    await page.goto('/profile');
    const section = page.locator('.profile-section', { has: page.getByRole('heading', { name: 'API keys' }) });
    await section.getByText('You have no API keys.').waitFor();
    await section.locator('[name=name]').fill('camera import');
    await section.getByLabel('See your media').uncheck();
    await section.getByRole('button', { name: 'Create key' }).click();
    await section.getByText('Choose at least one.').waitFor();
    await section.getByLabel('See your media').check();
    await section.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByRole('dialog').getByLabel('Your new API key').inputValue();
    const script = new ApiClient(stack.baseUrl, { authorization: `Bearer ${key}` });
    await script.expect(200, 'GET', '/api/media');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.reload();
    await section.getByText(`…${key.slice(-4)} · media:read · used`).waitFor();
    await section.getByRole('button', { name: 'Revoke camera import' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await section.getByText('You have no API keys.').waitFor();
    expect(await script.problem('GET', '/api/media')).toMatchObject({ status: 401 });
  });

  it('creates a webhook, shows its secret once, lists its deliveries, and deletes it', async () => {
    await page.goto('/profile');
    const section = page.locator('.profile-section', { has: page.getByRole('heading', { name: 'Webhooks' }) });
    await section.locator('[name=url]').fill('http://127.0.0.1/hook');
    await section.getByRole('button', { name: 'Create webhook' }).click();
    await section.getByText('Enter an address that begins with https://.').waitFor();
    await section.locator('[name=url]').fill('https://8.8.8.8/hook');
    await section.getByRole('button', { name: 'Create webhook' }).click();
    const secret = page.getByRole('dialog').getByLabel('The secret of your webhook');
    expect(await secret.inputValue()).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'Done' }).click();
    await section.getByText('media.completed, media.failed').waitFor();
    await section.getByRole('button', { name: 'Deliveries to 8.8.8.8' }).click();
    await page.getByRole('dialog').getByText('Nothing was delivered').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await section.getByRole('button', { name: 'Delete the webhook to 8.8.8.8' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await section.getByText('You have no webhooks.').waitFor();
  });

  it('lists what will be deleted, and deletes the account only after the username was typed', async () => {
    await page.goto('/profile');
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
