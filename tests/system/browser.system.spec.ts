import type { Browser, Page } from 'playwright-core';
import { formats } from '#contracts';
import {
  browserPath,
  eventually,
  makeJpeg,
  makeMp3,
  makeMp4,
  newAccount,
  openBrowser,
  deployments,
  type Stack,
} from '#testing';

// services apart have no server of pages of their own: nginx is that in the composed stack
const [[name, start]] = deployments as [(typeof deployments)[number]];
const describeWithBrowser = browserPath ? describe : describe.skip;

describeWithBrowser(
  browserPath
    ? `the pages in a browser, ${name}`
    : 'the pages in a browser (skipped: no Chromium or Chrome is installed)',
  () => {
    let stack: Stack;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];

    beforeAll(async () => {
      [stack, browser] = await Promise.all([start(), openBrowser()]);
      const context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 800 } });
      page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
    });
    afterAll(async () => {
      await browser.close();
      await stack.stop();
    });

    it('leads to the login, then back to where one wanted to go', async () => {
      const account = newAccount();
      await page.goto('/media?kind=image');
      await page.waitForURL('**/login?next=**');
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.locator('input[name=username]').fill(account.username);
      await page.locator('input[name=email]').fill(account.email);
      await page.locator('input[name=password]').fill(account.password);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.waitForURL('**/media?kind=image');
    });

    it('offers to choose what the server takes, and nothing else, and says how large', async () => {
      await page.goto('/upload');
      const accept = (await page.locator('input[type=file][name=file]').first().getAttribute('accept'))!.split(',');
      // as the server calls it
      const types = accept.filter((entry) => entry.includes('/')).map((type) => type.replace('/x-', '/'));
      expect(types.toSorted()).toEqual(formats.map(({ contentType }) => contentType).toSorted());
      expect(accept.filter((entry) => /\*|hei[cf]/i.test(entry))).toEqual([]);
      await page.getByText(/^JPG, PNG, .*AVIF.*MKV.*FLAC and Ogg, up to [\d.]+ [MG]B each\./).waitFor();
    });

    it('uploads three kinds and shows each become ready, live', async () => {
      const [image, video, sound] = await Promise.all([makeJpeg(), makeMp4(), makeMp3()]);
      await page.goto('/upload');
      await page
        .locator('input[type=file][name=file]')
        .first()
        .setInputFiles([
          { name: 'image.jpg', mimeType: 'image/jpeg', buffer: image },
          { name: 'video.mp4', mimeType: 'video/mp4', buffer: video },
          { name: 'sound.mp3', mimeType: 'audio/mpeg', buffer: sound },
        ]);
      await page.locator('article[data-status=completed]').nth(2).waitFor({ timeout: 60_000 });
      await page.goto('/');
      await page.locator('[data-count=completed]', { hasText: /^\s*3\s*$/ }).waitFor();
      await page.goto('/media');
      const pictures = page.locator('main article[data-media-id] img');
      await pictures.nth(2).waitFor();
      await eventually(
        () =>
          Promise.all(
            [0, 1, 2].map((at) =>
              pictures.nth(at).evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth),
            ),
          ),
        (widths) => widths.every((width) => width > 0),
      );
    });

    it('shows facts and a player, and deletes', async () => {
      await page.locator('article[data-media-id]', { hasText: 'video' }).first().getByRole('link').first().click();
      await page.waitForURL('**/media/*');
      await page.locator('video').waitFor();
      await page.getByText('320 × 180').first().waitFor();
      await page.getByRole('button', { name: 'Delete' }).first().click();
      await page.waitForURL(/\/media(\?.*)?$/);
      await page.locator('main article[data-media-id]').nth(1).waitFor();
      await page.locator('main article[data-media-id]').nth(2).waitFor({ state: 'detached' });
    });

    it('lists notifications, marks them read and clears them', async () => {
      await page.goto('/notifications');
      const ready = page
        .locator('main')
        .getByRole('link', { name: /is ready/ })
        .first();
      await ready.waitFor();
      await page.getByRole('button', { name: 'Mark all read' }).click();
      await page.locator('[data-unread="0"]').first().waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Clear all' }).click();
      await ready.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).click();
      await ready.waitFor();
      await page.getByRole('button', { name: 'Clear all' }).click();
      await page.getByRole('status').getByRole('button', { name: 'Close' }).click();
      await page.reload();
      await page.getByText('All quiet').waitFor();
    });

    it('says that an address leads nowhere, inside the frame, and how to go on', async () => {
      expect((await page.goto('/media/of/no/kind'))?.status()).toBe(404);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await page.locator('main').getByRole('link', { name: 'My Media' }).click();
      await page.waitForURL('**/media');
    });

    it('logs out, and nothing is left open', async () => {
      await page.getByRole('button', { name: 'Log out' }).first().click();
      await page.waitForURL('**/login**');
      await page.goto('/profile');
      await page.waitForURL('**/login?next=%2Fprofile');
    });

    it('never broke its own content security policy or threw', () => {
      expect(complaints.filter((text) => !/401|Failed to load resource/.test(text))).toEqual([]);
    });
  },
);
