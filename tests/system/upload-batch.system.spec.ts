import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { MediaStats } from '#contracts';
import {
  ApiClient,
  browserPath,
  eventually,
  makePng,
  newAccount,
  openBrowser,
  startStandalone,
  type Stack,
} from '#testing';

const describeWithBrowser = browserPath ? describe : describe.skip;

interface ChosenFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A script for a page: deletes the stored bytes but not the names, as if the page was closed before storing them. */
const forgetBytes = `new Promise((resolve) => {
  indexedDB.open('snapstream-uploads', 1).onsuccess = ({ target: { result } }) => {
    const change = result.transaction('files', 'readwrite');
    change.objectStore('files').clear();
    change.oncomplete = () => { result.close(); resolve(); };
  };
})`;

describeWithBrowser(
  browserPath ? 'many files chosen at once' : 'many files chosen at once (skipped: no Chromium or Chrome is installed)',
  () => {
    let stack: Stack;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let api: ApiClient;
    let picture: Buffer;

    beforeAll(async () => {
      [stack, browser, picture] = await Promise.all([
        startStandalone(),
        openBrowser(),
        makePng({ width: 16, height: 16 }),
      ]);
    });
    afterAll(async () => {
      await browser.close();
      await stack.stop();
    });
    beforeEach(async () => {
      api = new ApiClient(stack.baseUrl);
      await api.register(newAccount());
      const [name, value] = api.cookie.split(/=(.*)/s) as [string, string];
      context = await browser.newContext({ baseURL: stack.baseUrl });
      await context.addCookies([{ name, value, url: stack.baseUrl }]);
      page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on('dialog', (dialog) => void dialog.accept());
      await page.goto('/upload');
    });
    afterEach(() => context.close());

    /** Distinct files of the same picture: readers ignore bytes after the end of a PNG. */
    const pictures = (count: number): ChosenFile[] =>
      Array.from({ length: count }, (_, at) => ({
        name: `photo-${at}.png`,
        mimeType: 'image/png',
        buffer: Buffer.concat([picture, Buffer.from(`#${at}`)]),
      }));
    const choose = (files: ChosenFile[]) => page.locator('input[type=file][name=file]').first().setInputFiles(files);
    const tray = (text: string | RegExp) => page.locator('.tray-summary', { hasText: text });
    const button = (name: string | RegExp) => page.locator('upload-tray').getByRole('button', { name });
    const rows = () => page.locator('article.upload-row').count();
    const stored = async () => (await api.expect<MediaStats>(200, 'GET', '/api/media/stats')).total;
    const blockSending = () =>
      page.route('**/api/media', (route) => (route.request().method() === 'POST' ? undefined : route.fallback()));

    it('shows the total, then pauses, resumes and cancels all of it', async () => {
      await blockSending();
      await choose(pictures(1000));
      await tray('of 1,000').waitFor();
      expect(await rows()).toBeLessThan(60);
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await page.locator('[aria-posinset="1000"][aria-setsize="1000"] article', { hasText: 'photo-999' }).waitFor();
      await page.evaluate('scrollTo(0, 0)');

      await button('Pause all').click();
      await page.locator('article[data-status=paused]').first().waitFor();
      expect(await page.locator('article[data-status=uploading]').count()).toBe(0);
      await button('Resume all').click();
      await page.locator('article[data-status=uploading]').nth(2).waitFor();

      await button('Cancel all').click();
      await page.locator('dialog').getByText('1,000 uploads').waitFor();
      await page.locator('dialog').getByRole('button', { name: 'Cancel uploads' }).click();
      await button(/^1,000 cancelled/).waitFor();
      await page.reload();
      await page.locator('h1').waitFor();
      await page.waitForTimeout(500);
      expect(await rows()).toBe(0);
      expect(await stored()).toBe(0);
    });

    it('loses none when the page is reloaded early, and treats none that arrived as a duplicate', async () => {
      // the responses of the first three never reach the page
      let begun = 0;
      await page.route('**/api/media', async (route) => {
        if (route.request().method() !== 'POST' || (begun += 1) > 3) return route.fallback();
        await route.fetch().catch(() => {}); // of a page that is left
      });
      await choose(pictures(40));
      await tray('of 40').waitFor();
      await eventually(stored, (count) => count === 3);
      await page.reload();
      await tray(/^40 ready$/).waitFor({ timeout: 30_000 });
      expect(await stored()).toBe(40);
    }, 60_000);

    it('lists files without stored bytes after a reload, and sends them when they are chosen again', async () => {
      await blockSending();
      await choose(pictures(14));
      await page.locator('article[data-status=uploading]').nth(2).waitFor();
      await button('Pause all').click();
      await page.evaluate(forgetBytes);
      await page.reload();
      await tray('14 to choose again').waitFor();
      expect(await button('Clear finished').count()).toBe(0); // none of them is finished
      await page.unrouteAll();
      await choose(pictures(3));
      const last = page.locator('article[data-status=missing]', { hasText: 'photo-13' });
      await last.getByText(/Choose it again/).waitFor();
      const dialog = page.waitForEvent('filechooser');
      await last.getByRole('button', { name: 'Choose again' }).click();
      await (await dialog).setFiles(pictures(14));
      await tray('14 ready').waitFor();
      expect(await stored()).toBe(14);
    });

    it('explains the refusal of 5000 files once', async () => {
      const letters = Array.from({ length: 5000 }, (_, at) => ({
        name: `letter-${at}.txt`,
        mimeType: 'text/plain',
        buffer: Buffer.from(`Dear ${at}`),
      }));
      await choose(letters);
      await tray('5,000 failed').waitFor();
      await button(/^5,000 files: Text files are not supported/).waitFor();
      await page.locator('.toast', { hasText: '5,000 failed. Text files are not supported' }).waitFor();
      await button(/^5,000 files/).click();
      await page.locator('article[data-status=refused]', { hasText: 'letter-0' }).waitFor();
      expect(await rows()).toBeLessThan(60);
    });

    it('reads counts and activity at most once a second during a drop', async () => {
      await page.goto('/');
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      const startedAtMs = Date.now();
      await choose(pictures(20));
      await tray(/^20 ready$/).waitFor({ timeout: 60_000 });
      const atMost = (Date.now() - startedAtMs) / 1_000 + 2; // one at once, and that of the page itself
      const counts = ['/api/media/stats', '/api/media/activity', '/api/notifications'].map(
        (path) => asked.filter((one) => one === path).length,
      );
      expect(Math.max(...counts)).toBeLessThanOrEqual(atMost);
    }, 90_000);

    it('shows one toast per drop, which continues after its first file was refused', async () => {
      const [first, second, third] = pictures(3) as [ChosenFile, ChosenFile, ChosenFile];
      await api.upload(new Uint8Array(third.buffer), { filename: 'before.png' });
      await choose([
        { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
        first,
        second,
        third,
      ]);
      await page.locator('.toast', { hasText: '2 ready, 1 failed, 1 here already.' }).waitFor();
      expect(await page.locator('.toast').count()).toBe(1);
      await tray('2 ready · 1 failed · 1 duplicate').waitFor();

      await button('Remove from the list: report.pdf').focus();
      await page.keyboard.press('Enter');
      await page.locator('article', { hasText: 'report' }).waitFor({ state: 'detached' });
      expect(await page.evaluate('document.activeElement?.closest("upload-row")?.textContent')).toContain('photo-2');
    });

    it('leads from the end of a drop to what failed', async () => {
      const broken = Buffer.concat([picture.subarray(0, 50), Buffer.alloc(200)]);
      await choose([...pictures(1), { name: 'broken.png', mimeType: 'image/png', buffer: broken }]);
      const link = page.locator('.toast', { hasText: '1 ready, 1 failed.' }).getByRole('link', { name: 'See them' });
      await link.click();
      await page.waitForURL('**/media?status=failed');
    });

    it('offers the camera of a phone, and speaks of nothing that phones cannot do', async () => {
      const phone = await browser.newContext({
        baseURL: stack.baseUrl,
        viewport: { width: 390, height: 800 },
        hasTouch: true,
        isMobile: true,
        storageState: await context.storageState(),
      });
      page = await phone.newPage();
      await page.goto('/upload');
      const camera = page.getByLabel('Use the camera');
      await camera.setInputFiles(pictures(1));
      expect(await camera.getAttribute('capture')).toBe('environment');
      expect(await page.locator('main').textContent()).not.toMatch(/drop|paste|folder/i);
      await tray(/^1 ready$/).waitFor();
      await phone.close();
    });

    it('closes the drop overlay when the end of a drag is not reported, and no page opens a dropped file', async () => {
      const drag = (type: string) =>
        page.evaluate<boolean>(`(() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(['x'], 'a.txt'));
          const event = new DragEvent('${type}', { dataTransfer, bubbles: true, cancelable: true });
          return !document.body.dispatchEvent(event);
        })()`);
      await page.locator('drop-overlay').waitFor({ state: 'attached' });
      await drag('dragenter');
      await page.locator('drop-overlay').waitFor({ state: 'visible' });
      await page.locator('drop-overlay').waitFor({ state: 'hidden', timeout: 5_000 });
      await context.clearCookies();
      await page.goto('/login');
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      expect([await drag('dragover'), await drag('drop')]).toEqual([true, true]);
    });

    it('keeps the focus on a row that is scrolled out of view or moves', async () => {
      await blockSending();
      await choose(pictures(200));
      await tray('of 200').waitFor();
      const focused = () => page.evaluate<string>('document.activeElement?.getAttribute("aria-label") ?? ""');
      await page
        .locator('article', { hasText: 'photo-4' })
        .first()
        .getByRole('button', { name: /^Cancel/ })
        .focus();
      await page.evaluate('scrollTo(0, document.body.scrollHeight)');
      await page.locator('article', { hasText: 'photo-199' }).waitFor();
      expect(await focused()).toBe('Cancel: photo-4.png');
      await page
        .locator('article', { hasText: 'photo-199' })
        .getByRole('button', { name: /^Cancel/ })
        .click();
      await page.locator('[aria-posinset="200"] article[data-status=cancelled]').waitFor();
    });
  },
);
