import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Upload } from 'tus-js-client';
import type { Media, MediaStats } from '#contracts';
import {
  ApiClient,
  browserPath,
  changeJson,
  eventually,
  makeJpegOf,
  makeMp4,
  sha256,
  newAccount,
  openBrowser,
  startStandalone,
  type Account,
  type Stack,
} from '#testing';

const MIB = 1024 ** 2;
/** A script for a page: deletes the stored bytes but not the names, as for files that are too large to store. */
const forgetBytes = `new Promise((resolve) => {
  indexedDB.open('snapstream-uploads', 1).onsuccess = ({ target: { result } }) => {
    const change = result.transaction('files', 'readwrite');
    change.objectStore('files').clear();
    change.oncomplete = () => { result.close(); resolve(); };
  };
})`;
const describeWithBrowser = browserPath ? describe : describe.skip;

describeWithBrowser(
  browserPath ? 'uploads in a browser' : 'uploads in a browser (skipped: no Chromium or Chrome is installed)',
  () => {
    let stack: Stack;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let api: ApiClient;
    let account: Account;
    let dir: string;

    beforeAll(async () => {
      [stack, browser, dir] = await Promise.all([
        startStandalone({
          env: {
            MAX_UPLOAD_BYTES: String(64 * MIB),
            USER_QUOTA_BYTES: String(200 * MIB),
            UPLOAD_IDLE_SECONDS: '5',
            HEIC: 'off',
          },
        }),
        openBrowser(),
        mkdtemp(join(tmpdir(), 'tray-')),
      ]);
    });
    afterAll(async () => {
      await browser.close();
      await stack.stop();
      await rm(dir, { recursive: true });
    });
    beforeEach(async () => {
      account = newAccount();
      api = new ApiClient(stack.baseUrl);
      await api.register(account);
      context = await browser.newContext({ baseURL: stack.baseUrl });
      page = await newPage();
    });
    afterEach(() => context.close());

    /** Opens a page of the account, which accepts the browser's dialogs before it closes. */
    const newPage = async () => {
      const [name, value] = api.cookie.split(/=(.*)/s) as [string, string];
      await context.addCookies([{ name, value, url: stack.baseUrl }]);
      const opened = await context.newPage();
      opened.setDefaultTimeout(20_000);
      opened.on('dialog', (dialog) => void dialog.accept());
      await opened.goto('/upload');
      return opened;
    };
    const file = async (name: string, bytes: Buffer) => {
      const path = join(dir, name);
      await writeFile(path, bytes);
      return path;
    };
    const choose = (paths: string | string[]) =>
      page.locator('input[type=file][name=file]').first().setInputFiles(paths);
    const row = (name: string) => page.locator('article.upload-row', { hasText: name });
    const listed = async () => (await api.expect<{ items: Media[] }>(200, 'GET', '/api/media')).items;
    /** How many files the browser has stored for the next page. */
    const storedInBrowser = () =>
      page.evaluate<number>(`new Promise((resolve) => {
      const opened = indexedDB.open('snapstream-uploads', 1);
      opened.onsuccess = () => {
        opened.result.transaction('owners').objectStore('owners').count().onsuccess = ({ target }) => {
          opened.result.close();
          resolve(target.result);
        };
      };
    })`);
    /** Throttles uploads of the page until the network is restored or cut. */
    const throttleNetwork = async (bytesPerSecond: number) => {
      const devtools = await context.newCDPSession(page);
      const emulate = (uploadThroughput: number, offline = false) =>
        devtools.send('Network.emulateNetworkConditions', {
          offline,
          latency: 0,
          downloadThroughput: -1,
          uploadThroughput,
        });
      await devtools.send('Network.enable');
      await emulate(bytesPerSecond);
      return { restore: () => emulate(-1), cut: () => emulate(-1, true) };
    };

    it('stores the same bytes from a browser, a tus client and curl', async () => {
      const bytes = await makeJpegOf(11 * MIB + 3);
      const path = await file('same.jpg', bytes);
      await choose(path);
      await row('same').filter({ hasText: 'Ready' }).waitFor();
      await new Promise<void>((resolve, reject) => {
        new Upload(bytes as never, {
          endpoint: `${stack.baseUrl}/api/uploads`,
          headers: { cookie: api.cookie },
          metadata: { filename: 'same.jpg' },
          chunkSize: 4 * MIB,
          onSuccess: () => resolve(),
          onError: reject,
        }).start();
      });
      await promisify(execFile)('curl', [
        '-sf',
        '-H',
        `cookie: ${api.cookie}`,
        '-F',
        `file=@${path}`,
        `${stack.baseUrl}/api/media`,
      ]);
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes), sha256(bytes), sha256(bytes)]);
    });

    it('pauses, resumes, and continues at the same offset after a reload', async () => {
      const bytes = await makeJpegOf(16 * MIB);
      const network = await throttleNetwork(2 * MIB);
      await choose(await file('long.jpg', bytes));
      await row('long').filter({ hasText: /left/ }).waitFor();
      await row('long')
        .getByRole('button', { name: /^Pause/ })
        .click();
      await row('long')
        .getByText(/^Paused at/)
        .waitFor();
      await row('long')
        .getByRole('button', { name: /^Resume/ })
        .click();
      await row('long').filter({ hasText: /left/ }).waitFor();
      const creations: string[] = [];
      page.on(
        'request',
        (request) =>
          request.method() === 'POST' && request.url().endsWith('/api/uploads') && creations.push(request.url()),
      );
      await page.reload();
      await network.restore();
      await row('long').filter({ hasText: 'Ready' }).waitFor();
      expect(creations).toEqual([]); // it continued, and did not start over
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
      await page.reload();
      await page.locator('h1').waitFor();
      expect(await page.locator('article.upload-row').count()).toBe(0);
    });

    it.each([503, 423])('keeps an upload whose offset the server cannot report (%s)', async (status) => {
      const bytes = await makeJpegOf(16 * MIB);
      const network = await throttleNetwork(2 * MIB);
      await choose(await file('unsure.jpg', bytes));
      await row('unsure').filter({ hasText: /left/ }).waitFor(); // some bytes are there
      await row('unsure')
        .getByRole('button', { name: /^Pause/ })
        .click();
      await row('unsure')
        .getByText(/^Paused at/)
        .waitFor();
      const creations: string[] = [];
      page.on(
        'request',
        (request) =>
          request.method() === 'POST' && request.url().endsWith('/api/uploads') && creations.push(request.url()),
      );
      await page.route(
        '**/api/uploads/*',
        (route) => (route.request().method() === 'HEAD' ? route.fulfill({ status }) : route.fallback()),
        { times: 1 },
      );
      await network.restore();
      await row('unsure')
        .getByRole('button', { name: /^Resume/ })
        .click();
      await row('unsure').filter({ hasText: 'Ready' }).waitFor();
      expect(creations).toEqual([]);
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
    });

    it('waits while the browser is offline, says so, and continues by itself', async () => {
      const bytes = await makeJpegOf(12 * MIB);
      const network = await throttleNetwork(2 * MIB);
      await choose(await file('offline.jpg', bytes));
      await row('offline').filter({ hasText: /left/ }).waitFor();
      await network.cut();
      await row('offline').getByText('The connection was lost. The upload continues automatically.').waitFor();
      await network.restore();
      await row('offline').filter({ hasText: 'Ready' }).waitFor();
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
    });

    it('sends the files that a closed page had not sent yet, small ones too, and none of them twice', async () => {
      const pictures = await Promise.all(Array.from({ length: 12 }, () => makeJpegOf(300_000)));
      const paths = await Promise.all(pictures.map((bytes, at) => file(`small-${at}.jpg`, bytes)));
      let begun = 0; // the fourth and later ones never finish on this page
      await page.route('**/api/media', (route) =>
        route.request().method() === 'POST' && (begun += 1) > 3 ? undefined : route.fallback(),
      );
      await choose(paths);
      await page.locator('article.upload-row').nth(11).waitFor();
      // the browser stores them asynchronously
      await eventually(
        async () => [(await listed()).length, await storedInBrowser()],
        ([sent, waiting]) => sent! >= 1 && sent! + waiting! >= 12,
        20_000,
      );
      await page.close();
      page = await newPage();
      await eventually(listed, (items) => items.length === 12, 30_000);
      await page.locator('article.upload-row', { hasText: 'Ready' }).first().waitFor();
      expect((await listed()).map((media) => media.sha256).toSorted()).toEqual(pictures.map(sha256).toSorted());
    }, 60_000);

    it('continues in another page when the sending one is closed', async () => {
      const [bytes, other] = [await makeJpegOf(16 * MIB), await newPage()];
      await throttleNetwork(MIB);
      await choose(await file('handed.jpg', bytes));
      await row('handed').filter({ hasText: /left/ }).waitFor();
      await page.close();
      await other.locator('article.upload-row', { hasText: 'handed' }).filter({ hasText: 'Ready' }).waitFor();
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
    });

    it('restores rows that were sent but not processed, and says where a file without bytes continues', async () => {
      const network = await throttleNetwork(4 * MIB);
      await choose(await file('ghost.jpg', await makeJpegOf(24 * MIB)));
      await row('ghost').filter({ hasText: /left/ }).waitFor();
      await row('ghost')
        .getByRole('button', { name: /^Pause/ })
        .click();
      await network.restore();
      await page.evaluate(forgetBytes);
      const film = { seconds: 8, width: 1280, height: 720, videoCodec: 'mpeg4', container: 'matroska' } as const;
      await choose(await file('slow.mkv', await makeMp4(film))); // takes seconds, because browsers need a rendition
      await row('slow').locator('a').waitFor();
      await page.reload();
      await row('slow').waitFor();
      await row('ghost')
        .getByText(/Choose it again to continue at [\d.]+ MB\./)
        .waitFor();
      await row('slow').filter({ hasText: 'Ready' }).waitFor({ timeout: 40_000 });
      expect(await row('slow').count()).toBe(1);
    }, 90_000);

    it('lets files that exceed the quota be retried together', async () => {
      await changeJson<MediaStats>(page, '**/api/media/stats', (stats) => ({ ...stats, quotaBytes: 10 }));
      await page.reload();
      await page.locator('storage-meter', { hasText: 'of 10 B used' }).waitFor();
      await choose([await file('one.jpg', await makeJpegOf(20_000)), await file('two.jpg', await makeJpegOf(20_001))]);
      await row('one').getByText('Your storage is full. Delete some files, then retry.').waitFor();
      await page.locator('upload-tray').getByRole('button', { name: 'Retry failed' }).click();
      await row('one').filter({ hasText: 'Ready' }).waitFor();
      await row('two').filter({ hasText: 'Ready' }).waitFor();
    });

    it('asks before a logout while another tab uploads, and continues after the next login', async () => {
      const [bytes, other] = [await makeJpegOf(16 * MIB), await newPage()];
      const network = await throttleNetwork(MIB);
      await choose(await file('leaving.jpg', bytes));
      await row('leaving').filter({ hasText: /left/ }).waitFor();
      await eventually(storedInBrowser, (count) => count === 1);
      const dialog = other.getByRole('dialog', { name: '1 file is not uploaded yet' });
      await other.getByRole('button', { name: 'Log out' }).click();
      await dialog.getByRole('button', { name: 'Stay logged in' }).click();
      await row('leaving').filter({ hasText: /left/ }).waitFor();
      await other.getByRole('button', { name: 'Log out' }).click();
      await dialog.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(/\/login/); // with `next` where a 401 arrives before the message of the other tab
      await network.restore();
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByLabel('Password', { exact: true }).fill(account.password);
      await page.getByRole('button', { name: 'Log in' }).click();
      await row('leaving').filter({ hasText: 'Ready' }).waitFor();
      await api.login(account);
      expect((await listed()).map((media) => media.sha256)).toEqual([sha256(bytes)]);
    });

    it.each(['sent', 'paused'])(
      'deletes an upload in browser and server when it is cancelled while %s',
      async (state) => {
        await throttleNetwork(2 * MIB);
        await choose(await file('cancelled.jpg', await makeJpegOf(40 * MIB)));
        await row('cancelled').filter({ hasText: /left/ }).waitFor();
        if (state === 'paused')
          await row('cancelled')
            .getByRole('button', { name: /^Pause/ })
            .click();
        const terminated = page.waitForRequest((request) => request.method() === 'DELETE');
        await row('cancelled')
          .getByRole('button', { name: /^Cancel/ })
          .click();
        expect((await (await terminated).response())?.status()).toBe(204);
        await page.reload();
        await page.locator('h1').waitFor();
        expect(await page.locator('article.upload-row').count()).toBe(0);
        expect(await listed()).toEqual([]);
      },
    );

    it('asks before it sends a duplicate', async () => {
      const bytes = await makeJpegOf(50_000);
      await api.upload(new Uint8Array(bytes), { filename: 'holiday.jpg' });
      await choose(await file('again.jpg', bytes));
      await row('again').getByText('You have this file already, as "holiday".').waitFor();
      expect(await listed()).toHaveLength(1);
      await row('again').getByRole('button', { name: 'Upload anyway' }).click();
      await eventually(listed, (items) => items.length === 2);
      await row('again')
        .getByText(/^Ready/)
        .waitFor();
    });

    it('refuses, before sending, the files that the server would refuse', async () => {
      await page.locator('[data-storage], storage-meter').first().waitFor({ state: 'attached' });
      await page.locator('input[type=file][name=file]:not([accept*=heic])').first().waitFor({ state: 'attached' });
      expect(await page.getByText(/^JPG, PNG/).textContent()).toMatch(/^(?!.*HEIC).*AVIF/);
      const sent: string[] = [];
      page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
      const heic = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(1_000, 7)]);
      await choose(await file('IMG_1.HEIC', heic));
      await row('IMG_1.HEIC').getByText('HEIC is not supported. Convert the picture to JPG').waitFor();
      await choose([
        await file('large.jpg', await makeJpegOf(65 * MIB)),
        await file('paper.pdf', Buffer.from('%PDF-1.7 nothing')),
        await file('empty.jpg', Buffer.alloc(0)),
      ]);
      await row('large')
        .getByText(/The file is larger than/)
        .waitFor();
      await row('paper').getByText('PDF documents are not supported. Choose images, videos or sounds.').waitFor();
      await row('empty').getByText('The file is empty. Check that it was saved completely.').waitFor();
      expect(sent).toEqual([]);
    });
  },
);
