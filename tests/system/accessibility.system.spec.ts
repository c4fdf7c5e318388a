import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { MediaList } from '#contracts';
import {
  browserPath,
  changeJson,
  eventually,
  makeJpeg,
  makeMp3,
  makeMp4,
  openBrowser,
  startStandalone,
  type Account,
  type ApiClient,
  type Stack,
} from '#testing';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;
const narrow = { width: 320, height: 640 };

interface Finding {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** A state of the product: its path, and the steps that lead to it. */
interface State {
  name: string;
  path: () => string;
  reach: (page: Page) => Promise<unknown>;
  guest?: true;
}

describeWithBrowser('accessibility of every page', () => {
  let stack: Stack;
  let browser: Browser;
  let member: BrowserContext;
  let guest: BrowserContext;
  let account: Account;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStandalone(), openBrowser()]);
    const user = await stack.newUser();
    account = user.account;
    await fill(user.api, ids);
    member = await newContext(user.api.cookie);
    guest = await newContext();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  async function newContext(cookie?: string): Promise<BrowserContext> {
    // axe is injected into the page, which its content security policy forbids
    const context = await browser.newContext({
      baseURL: stack.baseUrl,
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      bypassCSP: true,
    });
    context.setDefaultTimeout(15_000);
    const [name = '', value = ''] = cookie?.split('=') ?? [];
    if (cookie) await context.addCookies([{ name, value, url: stack.baseUrl }]);
    return context;
  }

  const states: State[] = [
    {
      name: 'login',
      path: () => '/login',
      reach: (page) => page.getByRole('heading', { level: 1 }).waitFor(),
      guest: true,
    },
    { name: 'login refused', path: () => '/login', reach: failLogin, guest: true },
    {
      name: 'registration with invalid fields',
      path: () => '/register',
      reach: (page) => page.getByRole('button', { name: 'Create account' }).click(),
      guest: true,
    },
    {
      name: 'page not found, logged out',
      path: () => '/nothing',
      reach: (page) => page.getByText('Page not found').waitFor(),
      guest: true,
    },
    { name: 'page not found', path: () => '/nothing', reach: (page) => page.getByText('Page not found').waitFor() },
    { name: 'dashboard', path: () => '/', reach: waitForCards },
    { name: 'upload', path: () => '/upload', reach: (page) => page.getByText('Drop files here').waitFor() },
    { name: 'upload with rows', path: () => '/upload', reach: uploadMany },
    { name: 'library', path: () => '/media', reach: waitForCards },
    { name: 'library with a selection', path: () => '/media', reach: select },
    {
      name: 'library with a deletion to undo',
      path: () => '/media',
      reach: (page) =>
        select(page)
          .then(() => page.keyboard.press('Delete'))
          .then(() => page.getByRole('button', { name: 'Undo' }).waitFor()),
    },
    { name: 'library that asks to confirm a large deletion', path: () => '/media', reach: deleteMany },
    { name: 'library that cannot be loaded', path: () => '/media', reach: failLibrary },
    {
      name: 'library without a match',
      path: () => '/media?q=nowhere',
      reach: (page) => page.getByText('Nothing matches').waitFor(),
    },
    {
      name: 'image',
      path: () => `/media/${ids['image']}`,
      reach: (page) => page.locator('.viewer-picture.loaded').waitFor(),
    },
    {
      name: 'image, zoomed',
      path: () => `/media/${ids['image']}`,
      reach: (page) =>
        page
          .locator('.viewer-picture.loaded')
          .waitFor()
          .then(() => page.keyboard.press('+')),
    },
    { name: 'video', path: () => `/media/${ids['video']}`, reach: (page) => page.locator('video').waitFor() },
    { name: 'sound', path: () => `/media/${ids['sound']}`, reach: (page) => page.locator('wave-player').waitFor() },
    {
      name: 'failure',
      path: () => `/media/${ids['broken']}`,
      reach: (page) => page.getByText('Processing failed').waitFor(),
    },
    {
      name: 'medium not found',
      path: () => '/media/01HZZZZZZZZZZZZZZZZZZZZZZZ',
      reach: (page) => page.getByText('Not here any more').waitFor(),
    },
    {
      name: 'notifications',
      path: () => '/notifications',
      reach: (page) => page.locator('[data-notification-id]').first().waitFor(),
    },
    { name: 'profile', path: () => '/profile', reach: (page) => page.locator('[data-session-id]').first().waitFor() },
    {
      name: 'overview of the admin',
      path: () => '/admin',
      reach: (page) => page.getByText('invalid_media').or(page.getByText('truncated_media')).first().waitFor(),
    },
    { name: 'users', path: () => '/admin/users', reach: (page) => page.getByText(account.email).waitFor() },
    {
      name: 'quota of a user',
      path: () => '/admin/users',
      reach: (page) =>
        page
          .getByRole('button', { name: /^Quota/ })
          .click()
          .then(() => page.getByRole('dialog').waitFor()),
    },
    {
      name: 'media of all users',
      path: () => '/admin/media?status=failed',
      reach: (page) => page.getByRole('checkbox').first().check(),
    },
    { name: 'queues', path: () => '/admin/queues', reach: (page) => page.getByText('eraseMedia').waitFor() },
    { name: 'audit log', path: () => '/admin/audit', reach: (page) => page.getByText('No acts yet.').waitFor() },
    {
      name: 'deletion of the account',
      path: () => '/profile',
      reach: (page) =>
        page
          .getByRole('button', { name: 'Delete account' })
          .click()
          .then(() => page.locator('dialog[open]').waitFor()),
    },
  ];

  it.each(states)(
    '$name: has no violation, light or dark, and does not scroll sideways at 320 px',
    async ({ path, reach, guest: isGuest }) => {
      const page = await (isGuest ? guest : member).newPage();
      await page.goto(path());
      await reach(page);
      await page.evaluate(axe);
      expect(await findings(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await findings(page, 'color-contrast')).toEqual([]);
      await page.setViewportSize(narrow);
      await eventually(
        () => page.evaluate<number>('document.documentElement.scrollWidth'),
        (width) => width <= narrow.width,
        3_000,
      );
      await page.close();
    },
  );

  it('can be used with the keyboard alone', async () => {
    const page = await (await newContext()).newPage();
    const { keyboard } = page;
    await page.goto('/login?next=/media');
    await page.locator('input[name=email]:focus').waitFor();
    await keyboard.type(account.email);
    await keyboard.press('Tab');
    await keyboard.type(account.password);
    await keyboard.press('Enter');
    await waitForCards(page);
    await tabTo(page, 'video');
    await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    await page.locator('.viewer-picture.loaded').waitFor();
    await keyboard.press('+');
    await page.locator('image-viewer[data-zoomed]').waitFor();
    await tabTo(page, 'Profile', 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, 'Delete account');
    await keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    for (let times = 0; times < 4; times += 1) {
      expect(
        await page.evaluate(
          "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
        ),
      ).toBe(true);
      await keyboard.press('Tab');
    }
    await keyboard.press('Escape');
    await eventually(
      () => focused(page),
      (name) => name === 'Delete account',
    );
    await page.goBack();
    await page.locator('.viewer-picture.loaded').waitFor();
    await tabTo(page, 'Skip to content', 'Shift+Tab');
    await keyboard.press('Enter');
    await tabTo(page, 'Back to the library');
    await keyboard.press('Enter');
    await eventually(
      () => focused(page),
      (name) => name === 'image',
    );
    await page.context().close();
  });
});

const focused = (page: Page) =>
  page.evaluate<string>(
    "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()",
  );

/** Presses Tab until the element of that name has the focus. @throws {Error} after 60 presses */
async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Expected ${key} to lead to "${name}", but the focus is at "${await focused(page)}"`);
}

async function findings(page: Page, ...rules: string[]): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
  const { violations } = await page.evaluate<{ violations: Finding[] }>(
    `axe.run(document, ${JSON.stringify(options)})`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

async function fill(api: ApiClient, ids: Record<string, string>): Promise<void> {
  const picture = await makeJpeg({ width: 800, height: 600 });
  const sources = {
    image: picture,
    video: await makeMp4(),
    sound: await makeMp3(),
    broken: picture.subarray(0, picture.length >> 1),
  };
  for (const [name, source] of Object.entries(sources))
    ids[name] = (await api.upload(new Uint8Array(source), { filename: name })).id;
  for (const id of Object.values(ids)) await api.waitUntilSettled(id);
}

async function waitForCards(page: Page): Promise<void> {
  await page.locator('.thumbnail.loaded').nth(2).waitFor();
}

async function failLogin(page: Page): Promise<void> {
  await page.locator('input[name=email]').fill('nobody@example.org');
  await page.locator('input[name=password]').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
}

async function select(page: Page): Promise<void> {
  await page.locator('.card-link').first().focus();
  await page.keyboard.press('x');
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).waitFor();
}

/** Fills the library with 60 copies of its first item, and deletes them all. */
async function deleteMany(page: Page): Promise<void> {
  await changeJson<MediaList>(page, /\/api\/media\?/, ({ items: [first] }) => ({
    items: Array.from({ length: 60 }, (_, index) => ({ ...first, id: `${first?.id}-${index}` })),
    nextCursor: null,
  }));
  await page.reload();
  await page.locator('media-card').first().waitFor();
  await page.keyboard.press('Control+a');
  await page.getByText('60 selected').waitFor();
  await page.keyboard.press('Delete');
  await page.getByRole('dialog', { name: 'Delete 60 items?' }).waitFor();
}

async function failLibrary(page: Page): Promise<void> {
  await page.route(/\/api\/media\?/, (route) =>
    route.fulfill({ status: 500, json: { code: 'internal_error', detail: 'Something went wrong on our side.' } }),
  );
  await page.reload();
  await page.getByRole('alert').getByText('Something went wrong on our side.').waitFor();
}

/** Uploads one picture, and so many files of another type that their refusals are grouped; opens the group. */
async function uploadMany(page: Page): Promise<void> {
  const letters = Array.from({ length: 14 }, (_, at) => ({
    name: `letter-${at}.pdf`,
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF-1.7'),
  }));
  const files = [{ name: 'image.jpg', mimeType: 'image/jpeg', buffer: await makeJpeg() }, ...letters];
  await page.locator('input[type=file][name=file]').first().setInputFiles(files);
  await page.locator('article[data-status=completed]').waitFor();
  await page.getByRole('button', { name: /^14 files:/ }).click();
  await page.locator('article[data-status=refused]').first().waitFor();
}
