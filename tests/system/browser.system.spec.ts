import type { Browser, Page } from 'playwright-core';
import { formats, type Media } from '#contracts';
import {
  browserPath,
  eventually,
  makeAac,
  makeJpeg,
  makeMp3,
  makeMp4,
  newAccount,
  openBrowser,
  deployments,
  type Stack,
} from '#testing';

// services run apart do not serve pages: in the composed stack, nginx does
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
    const errors: string[] = [];

    beforeAll(async () => {
      [stack, browser] = await Promise.all([start(), openBrowser()]);
      const context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 800 } });
      page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(error.message));
    });
    afterAll(async () => {
      await browser.close();
      await stack.stop();
    });

    it('redirects to the login, then back to the requested page', async () => {
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

    it('offers exactly the formats that the server accepts, and shows the size limit', async () => {
      await page.goto('/upload');
      const accept = (await page.locator('input[type=file][name=file]').first().getAttribute('accept'))!.split(',');
      // the server's names have no `x-`
      const types = accept.filter((entry) => entry.includes('/')).map((type) => type.replace('/x-', '/'));
      expect(types.toSorted()).toEqual(formats.map(({ contentType }) => contentType).toSorted());
      expect(accept).toEqual(expect.arrayContaining(['.heic', '.heif']));
      expect(accept.filter((entry) => entry.includes('*'))).toEqual([]);
      await page.getByText(/^JPG, PNG, .*AVIF, HEIC.*MKV.*FLAC and Ogg, up to [\d.]+ [MG]B each\./).waitFor();
    });

    it('plays a sound for as long as its facts say, and seeks in it, whatever its header says', async () => {
      const mp3 = await makeMp3({ seconds: 4 });
      const frames = mp3.indexOf('Info') + 8; // the header of LAME: a tag, flags, the number of frames
      mp3.writeUInt32BE(mp3.readUInt32BE(frames) * 20, frames);
      const aac = await makeAac({ seconds: 8, output: ['-af', "volume=0:enable='gt(t,1)'"] });
      for (const [filename, buffer] of [['wrong.mp3', mp3] as const, ['silent.aac', aac] as const]) {
        const file = { name: filename, mimeType: 'application/octet-stream', buffer };
        const { id } = (await (await page.request.post('/api/media', { multipart: { file } })).json()) as Media;
        const { durationSeconds } = await eventually(
          async () => (await (await page.request.get(`/api/media/${id}`)).json()) as Media,
          ({ status }) => status === 'completed',
        );
        const player = await page.evaluate<{ duration: number; currentTime: number }>(seekNearEnd(id));
        expect(Math.abs(player.duration - durationSeconds!)).toBeLessThan(0.2);
        expect(player.currentTime).toBeCloseTo(player.duration - 1, 0);
        await page.request.delete(`/api/media/${id}`);
      }
    });

    it('plays a sound for as long as its facts say, and seeks in it, whatever its header says', async () => {
      const mp3 = await makeMp3({ seconds: 4 });
      const frames = mp3.indexOf('Info') + 8; // the header of LAME: a tag, flags, the number of frames
      mp3.writeUInt32BE(mp3.readUInt32BE(frames) * 20, frames);
      const aac = await makeAac({ seconds: 8, output: ['-af', "volume=0:enable='gt(t,1)'"] });
      for (const [filename, buffer] of [['wrong.mp3', mp3] as const, ['silent.aac', aac] as const]) {
        const file = { name: filename, mimeType: 'application/octet-stream', buffer };
        const { id } = (await (await page.request.post('/api/media', { multipart: { file } })).json()) as Media;
        const { durationSeconds } = await eventually(
          async () => (await (await page.request.get(`/api/media/${id}`)).json()) as Media,
          ({ status }) => status === 'completed',
        );
        const player = await page.evaluate<{ duration: number; currentTime: number }>(seekNearEnd(id));
        expect(Math.abs(player.duration - durationSeconds!)).toBeLessThan(0.2);
        expect(player.currentTime).toBeCloseTo(player.duration - 1, 0);
        await page.request.delete(`/api/media/${id}`);
      }
    });

    it('plays a sound for as long as its facts say, and seeks in it, whatever its header says', async () => {
      const mp3 = await makeMp3({ seconds: 4 });
      const frames = mp3.indexOf('Info') + 8; // the header of LAME: a tag, flags, the number of frames
      mp3.writeUInt32BE(mp3.readUInt32BE(frames) * 20, frames);
      const aac = await makeAac({ seconds: 8, output: ['-af', "volume=0:enable='gt(t,1)'"] });
      for (const [filename, buffer] of [['wrong.mp3', mp3] as const, ['silent.aac', aac] as const]) {
        const file = { name: filename, mimeType: 'application/octet-stream', buffer };
        const { id } = (await (await page.request.post('/api/media', { multipart: { file } })).json()) as Media;
        const { durationSeconds } = await eventually(
          async () => (await (await page.request.get(`/api/media/${id}`)).json()) as Media,
          ({ status }) => status === 'completed',
        );
        const player = await page.evaluate<{ duration: number; currentTime: number }>(seekNearEnd(id));
        expect(Math.abs(player.duration - durationSeconds!)).toBeLessThan(0.2);
        expect(player.currentTime).toBeCloseTo(player.duration - 1, 0);
        await page.request.delete(`/api/media/${id}`);
      }
    });

    it('plays a sound for as long as its facts say, and seeks in it, whatever its header says', async () => {
      const mp3 = await makeMp3({ seconds: 4 });
      const frames = mp3.indexOf('Info') + 8; // the header of LAME: a tag, flags, the number of frames
      mp3.writeUInt32BE(mp3.readUInt32BE(frames) * 20, frames);
      const aac = await makeAac({ seconds: 8, output: ['-af', "volume=0:enable='gt(t,1)'"] });
      for (const [filename, buffer] of [['wrong.mp3', mp3] as const, ['silent.aac', aac] as const]) {
        const file = { name: filename, mimeType: 'application/octet-stream', buffer };
        const { id } = (await (await page.request.post('/api/media', { multipart: { file } })).json()) as Media;
        const { durationSeconds } = await eventually(
          async () => (await (await page.request.get(`/api/media/${id}`)).json()) as Media,
          ({ status }) => status === 'completed',
        );
        const player = await page.evaluate<{ duration: number; currentTime: number }>(seekNearEnd(id));
        expect(Math.abs(player.duration - durationSeconds!)).toBeLessThan(0.2);
        expect(player.currentTime).toBeCloseTo(player.duration - 1, 0);
        await page.request.delete(`/api/media/${id}`);
      }
    });

    it('plays a sound for as long as its facts say, and seeks in it, whatever its header says', async () => {
      const mp3 = await makeMp3({ seconds: 4 });
      const frames = mp3.indexOf('Info') + 8; // the header of LAME: a tag, flags, the number of frames
      mp3.writeUInt32BE(mp3.readUInt32BE(frames) * 20, frames);
      const aac = await makeAac({ seconds: 8, output: ['-af', "volume=0:enable='gt(t,1)'"] });
      for (const [filename, buffer] of [['wrong.mp3', mp3] as const, ['silent.aac', aac] as const]) {
        const file = { name: filename, mimeType: 'application/octet-stream', buffer };
        const { id } = (await (await page.request.post('/api/media', { multipart: { file } })).json()) as Media;
        const { durationSeconds } = await eventually(
          async () => (await (await page.request.get(`/api/media/${id}`)).json()) as Media,
          ({ status }) => status === 'completed',
        );
        const player = await page.evaluate<{ duration: number; currentTime: number }>(seekNearEnd(id));
        expect(Math.abs(player.duration - durationSeconds!)).toBeLessThan(0.2);
        expect(player.currentTime).toBeCloseTo(player.duration - 1, 0);
        await page.request.delete(`/api/media/${id}`);
      }
    });

    it('uploads an image, a video and a sound, and shows live when each is ready', async () => {
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

    it('shows facts and a player, and deletes a medium', async () => {
      await page.locator('article[data-media-id]', { hasText: 'video' }).first().getByRole('link').first().click();
      await page.waitForURL('**/media/*');
      await page.locator('video').waitFor();
      await page.getByText('320 × 180').first().waitFor();
      await page.getByRole('button', { name: 'Delete' }).first().click();
      await page.waitForURL(/\/media(\?.*)?$/);
      await page.locator('main article[data-media-id]').nth(1).waitFor();
      await page.locator('main article[data-media-id]').nth(2).waitFor({ state: 'detached' });
    });

    it('moves through a sound by whole seconds, and plays it with Space', async () => {
      await page.locator('article[data-media-id]', { hasText: 'sound' }).first().getByRole('link').first().click();
      const slider = page.getByRole('slider');
      const spoken = (position: string) =>
        eventually(
          () => slider.getAttribute('aria-valuetext'),
          (text) => text?.startsWith(`${position} of `) ?? false,
        );
      await spoken('0:00');
      await page.locator('audio').evaluate((audio: { readyState: number }) => audio.readyState > 0);
      await slider.press('ArrowRight');
      await spoken('0:01');
      await slider.press('ArrowLeft');
      await spoken('0:00');
      await slider.press('Space');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
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

    it('shows an unknown address as not found, with links to other pages', async () => {
      expect((await page.goto('/media/of/no/kind'))?.status()).toBe(404);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await page.locator('main').getByRole('link', { name: 'My Media' }).click();
      await page.waitForURL('**/media');
    });

    it('requires a login again after logging out', async () => {
      await page.getByRole('button', { name: 'Log out' }).first().click();
      await page.waitForURL('**/login**');
      await page.goto('/profile');
      await page.waitForURL('**/login?next=%2Fprofile');
    });

    it('never violated its content security policy and never threw', () => {
      expect(errors.filter((text) => !/401|Failed to load resource/.test(text))).toEqual([]);
    });
  },
);

/** Code for the page: loads the preview of a sound and seeks to a second before its end. */
const seekNearEnd = (id: string) => `(async () => {
  const player = new Audio('/api/media/${id}/preview');
  const event = (name) => new Promise((resolve, reject) => {
    player.addEventListener(name, resolve, { once: true });
    player.addEventListener('error', () => reject(new Error(player.error.message)), { once: true });
  });
  await event('loadedmetadata');
  player.currentTime = player.duration - 1;
  await event('seeked');
  return { duration: player.duration, currentTime: player.currentTime };
})()`;
