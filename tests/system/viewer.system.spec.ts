import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import type { Analysis, AnalysisList, Media, MediaList, MediaStats } from '#contracts';
import {
  browserPath,
  changeJson,
  eventually,
  makeJpeg,
  makeMp4,
  makePng,
  openBrowser,
  startStandalone,
  type Account,
  type ApiClient,
  type Stack,
} from '#testing';

const describeWithBrowser = browserPath && !process.env.E2E_BASE_URL ? describe : describe.skip;
const titles = ['first', 'second', 'third'];

describeWithBrowser('the picture viewer', () => {
  let stack: Stack;
  let browser: Browser;
  let api: ApiClient;
  let account: Account;
  const ids: string[] = [];

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStandalone({ env: { USER_QUOTA_BYTES: '5000000' } }), openBrowser()]);
    ({ api, account } = await stack.newUser());
    for (const title of titles) {
      const picture = await makeJpeg({ width: 2_400, height: 1_600 });
      ids.push((await api.upload(new Uint8Array(picture), { filename: `${title}.jpg`, title })).id);
    }
    for (const id of ids) await api.waitUntilSettled(id);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  async function visit(options: BrowserContextOptions = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext({
      baseURL: stack.baseUrl,
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      ...options,
    });
    const [name = '', value = ''] = api.cookie.split('=');
    await context.addCookies([{ name, value, url: stack.baseUrl }]);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    return { page, context };
  }

  it('zooms with keys, buttons, wheel and double click, and pans', async () => {
    const { page, context } = await visit();
    await open(page, 'second');
    const fitting = await percent(page);
    await page.keyboard.press('+');
    expect(await percent(page)).toBeGreaterThan(fitting);
    await page.keyboard.press('-');
    expect(await percent(page)).toBe(fitting);
    const { x, y } = await middle(page);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -300);
    await eventually(
      () => percent(page),
      (now) => now > fitting,
    );
    const transform = () => page.locator('.viewer-picture').getAttribute('style');
    const before = await transform();
    await page.mouse.down();
    await page.mouse.move(x - 60, y - 40);
    await page.mouse.up();
    expect(await transform()).not.toBe(before);
    await page.keyboard.press('0');
    expect(await percent(page)).toBe(fitting);
    await page.mouse.dblclick(x, y);
    expect(await percent(page)).toBe(Math.round(fitting * 2.5));
    await page.mouse.dblclick(x, y);
    expect(await percent(page)).toBe(fitting);
    await page.mouse.dblclick(x, y);
    await page.getByRole('button', { name: 'Fit to the window' }).click();
    expect(await percent(page)).toBe(fitting);
    await context.close();
  });

  it('loads the original once the preview has too few pixels for the zoom', async () => {
    const { page, context } = await visit();
    await open(page, 'second');
    const source = () => page.locator('.viewer-picture img').getAttribute('src');
    expect(await source()).toBe(`/api/media/${ids[1]}/preview`);
    for (let times = 0; times < 5; times += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
    await eventually(source, (path) => path === `/api/media/${ids[1]}/original`);
    await context.close();
  });

  it('moves through the list with the arrow keys, and returns the focus to the card of the last item', async () => {
    const { page, context } = await visit();
    await open(page, 'second');
    await page.keyboard.press('ArrowRight');
    await heading(page, 'first');
    expect(await page.getByRole('button', { name: 'Next item' }).isDisabled()).toBe(true);
    await page.keyboard.press('ArrowLeft');
    await heading(page, 'second');
    await page.keyboard.press('ArrowLeft');
    await heading(page, 'third');
    await page.reload();
    await page.locator('.viewer-picture.loaded').waitFor();
    await page.getByRole('button', { name: 'Next item' }).click();
    await heading(page, 'second');
    await page.getByRole('button', { name: 'Previous item' }).click();
    await heading(page, 'third');
    await page.getByRole('link', { name: 'Back to the library' }).click();
    await eventually(
      () => page.evaluate('document.activeElement.textContent'),
      (text) => text === 'third',
    );
    await context.close();
  });

  it('fills the window, without details on request, from a direct link, and Escape leads back', async () => {
    const { page, context } = await visit();
    await page.goto(`/media/${ids[1]}`);
    await page.locator('.viewer-picture.loaded').waitFor();
    const width = async () => (await page.locator('.stage').boundingBox())!.width;
    const besideDetails = await width();
    await page.keyboard.press('i');
    expect(await width()).toBeGreaterThan(besideDetails + 300);
    await page.keyboard.press('f');
    expect(await page.locator('.stage').boundingBox()).toMatchObject({ x: 0, width: 1280 });
    await page.mouse.move(640, 400);
    await page.locator('.stage-edge[data-edge=right]').click();
    await heading(page, 'first');
    expect(await width()).toBe(1280);
    await page.getByRole('button', { name: 'Previous item' }).click();
    await heading(page, 'second');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Back to the library' }).waitFor();
    await page.keyboard.press('i');
    expect(await width()).toBe(besideDetails);
    await page.keyboard.press('Escape');
    await page.waitForURL('**/media');
    await context.close();
  });

  it('saves details when the field is left by click, link or history, and keeps them over a login', async () => {
    const { page, context } = await visit();
    const medium = () => api.media(ids[1]!);
    await page.goto(`/media/${ids[1]}`);
    await page.getByLabel('Title').fill('typed');
    await page.getByLabel('Description').fill('a description');
    await eventually(medium, ({ title }) => title === 'typed');
    await page.locator('main').getByRole('link', { name: 'Back to the library' }).click();
    await eventually(medium, ({ description }) => description === 'a description');
    await page.goBack();
    await page.getByLabel('Tags').fill('sea');
    await page.goForward();
    await eventually(medium, ({ tags }) => tags.join() === 'sea');
    await page.goto(`/media/${ids[1]}`);
    await page.getByLabel('Description').fill('written while the session ended');
    await context.clearCookies();
    await page.getByLabel('Title').focus();
    await page.waitForURL('**/login?next=**');
    await page.locator('[name=email]').fill(account.email);
    await page.locator('[name=password]').fill(account.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await eventually(medium, ({ description }) => description === 'written while the session ended');
    await api.expect(200, 'PATCH', `/api/media/${ids[1]}`, { json: { title: 'second', description: '', tags: [] } });
    await context.close();
  });

  it('swipes to the next item, and zooms by pinching', async () => {
    const { page, context } = await visit({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
    await open(page, 'second');
    const touch = await context.newCDPSession(page);
    const fitting = await percent(page);
    const { x, y } = await middle(page);
    await touchGesture(touch, [
      [
        [x - 20, y],
        [x + 20, y],
      ],
      [
        [x - 60, y],
        [x + 60, y],
      ],
      [
        [x - 100, y],
        [x + 100, y],
      ],
    ]);
    expect(await percent(page)).toBeGreaterThan(fitting * 2);
    const fit = page.getByRole('button', { name: 'Fit to the window' });
    await eventually(
      async () => {
        // the browser may treat a tap right after a gesture as part of it
        await fit.tap({ timeout: 500 }).catch(() => {});
        return percent(page);
      },
      (value) => value === fitting,
    );
    for (const zoomed of [Math.round(fitting * 2.5), fitting]) {
      for (let taps = 0; taps < 2; taps += 1) await page.touchscreen.tap(x, y);
      await page.waitForTimeout(400); // a third tap within 300 ms would be part of the double tap
      expect(await percent(page)).toBe(zoomed);
    }
    await touchGesture(touch, [[[x + 100, y]], [[x, y]], [[x - 100, y + 5]]]);
    await heading(page, 'first');
    await context.close();
  });

  it('leaves the height of a phone on its side to the picture', async () => {
    const { page, context } = await visit({ viewport: { width: 780, height: 360 }, hasTouch: true, isMobile: true });
    await open(page, 'second');
    await page.locator('image-viewer').evaluate((viewer: { scrollIntoView: () => void }) => viewer.scrollIntoView());
    const { y, height } = (await page.locator('image-viewer').boundingBox())!;
    expect(y + height).toBeLessThanOrEqual(360);
    expect(height).toBeGreaterThan(300);
    const covering = 'document.elementsFromPoint(390, 355).concat(document.elementsFromPoint(390, 5))';
    expect(await page.evaluate(`${covering}.some((element) => element.closest('app-nav'))`)).toBe(false);
    await context.close();
  });

  it('compares originals alone with the quota', async () => {
    const { page, context } = await visit();
    const { originalBytes } = await api.expect<MediaStats>(200, 'GET', '/api/media/stats');
    const used = `${Math.round(originalBytes / 1_000)} kB of 5 MB used`;
    await page.goto('/');
    await page.locator('app-nav').getByText(used, { exact: true }).waitFor();
    await page.locator('.storage').getByText(used, { exact: true }).waitFor();
    await context.close();
  });

  it('shows a placeholder until a thumbnail is loaded, without moving the card', async () => {
    const { page, context } = await visit();
    const held = Promise.withResolvers<void>();
    await page.route('**/thumbnail*', (route) => held.promise.then(() => route.continue()));
    await page.goto('/media');
    const card = page.locator('media-card', { hasText: 'second' });
    const placeholder = card.locator('canvas.placeholder');
    await placeholder.waitFor();
    const [width, height] = await placeholder.evaluate<number[], { width: number; height: number }>((canvas) => [
      canvas.width,
      canvas.height,
    ]);
    expect(width! / height!).toBeCloseTo(1.5, 0);
    const before = await card.boundingBox();
    held.resolve();
    await card.locator('.thumbnail.loaded').waitFor();
    expect(await card.boundingBox()).toEqual(before);
    await context.close();
  });

  it('shows a transparent picture on a light pattern in the dark theme', async () => {
    const clear = await makePng({ width: 320, height: 240, background: { r: 0, g: 0, b: 0, alpha: 0 } });
    const { id } = await api.upload(new Uint8Array(clear), { filename: 'clear.png', title: 'clear' });
    await api.waitUntilSettled(id);
    const { page, context } = await visit({ colorScheme: 'dark' });
    await page.goto('/media');
    await eventually(() => brightness(page.locator('.thumbnail.loaded').first()), isLight);
    await open(page, 'clear');
    await eventually(() => brightness(page.locator('.viewer-picture')), isLight);
    await context.close();
  });

  it('shows what was found in a picture, and where when asked', async () => {
    const { page, context } = await visit();
    const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
    await found(page, [
      ['labels', { labels: [{ name: 'dog', confidence: 0.9, boxes: [box], atSeconds: [] }], faces: 2 }],
      ['text', { language: 'en', lines: [{ text: '<b>Soup</b>', confidence: 0.9, box: null, atSeconds: null }] }],
      ['moderation', null],
    ]);
    await open(page, 'first');
    const panel = page.locator('[data-panel=analysis]');
    await panel.getByText('2 faces').waitFor();
    await panel.getByText('<b>Soup</b>').waitFor();
    await panel.getByText('The analyser could not be reached').waitFor();
    await panel.getByRole('button', { name: 'Try again' }).waitFor();
    await panel.getByRole('button', { name: 'Show where' }).click();
    const picture = (await page.locator('.viewer-picture').boundingBox())!;
    const shown = (await page.locator('.label-box', { hasText: 'dog' }).boundingBox())!;
    expect(shown.width / picture.width).toBeCloseTo(0.5, 1);
    expect((shown.x - picture.x) / picture.width).toBeCloseTo(0.25, 1);
    await panel.getByRole('link', { name: 'dog' }).click();
    await page.waitForURL('**/media?label=dog');
    await page.getByRole('button', { name: 'Remove filter With: dog' }).click();
    await page.waitForURL('**/media');
    await context.close();
  });

  it('plays a film from a line of its transcript, which follows it, with captions', async () => {
    const { id } = await api.upload(new Uint8Array(await makeMp4({ seconds: 4 })), { filename: 'talk.mp4' });
    await api.waitUntilSettled(id);
    const { page, context } = await visit();
    const segments = ['One', 'Two', 'Three'].map((text, at) => ({ startSeconds: at, endSeconds: at + 1, text }));
    await found(page, [['speech', { language: 'en', text: 'One Two Three', segments }]]);
    await page.goto(`/media/${id}?t=2`);
    const video = page.locator('video');
    await eventually(
      () => video.evaluate<number, { currentTime: number }>(({ currentTime }) => currentTime),
      (now) => now >= 2,
    );
    await page.locator('.transcript [aria-current]', { hasText: 'Three' }).waitFor();
    await page.getByRole('button', { name: 'Play from 0:01' }).click();
    await page.locator('.transcript [aria-current]', { hasText: 'Two' }).waitFor();
    expect(await video.locator('track').getAttribute('src')).toBe(`/api/media/${id}/captions.vtt`);
    await context.close();
  });

  it('shows where a search found something, and plays from there', async () => {
    const { page, context } = await visit();
    await changeJson<MediaList>(page, /\/api\/media\?.*q=/, ({ items, nextCursor }) => ({
      items: items.map((item) => ({ ...item, matches: [{ field: 'speech', snippet: 'so two of us', atSeconds: 2 }] })),
      nextCursor,
    }));
    await page.goto('/media?q=talk');
    await page.locator('.card-match', { hasText: 'Speech: 0:02 so two of us' }).waitFor();
    await page.getByRole('link', { name: 'Play from 0:02' }).click();
    await page.waitForURL('**/media/*?t=2');
    await context.close();
  });

  it('covers what moderation flagged until it is asked for', async () => {
    const { page, context } = await visit();
    await changeJson<Media>(page, `**/api/media/${ids[0]}`, (media) => ({ ...media, flagged: true }));
    await page.goto(`/media/${ids[0]}`);
    await page.getByText('This may be sensitive.').waitFor();
    expect(await page.locator('[data-sensitive]').count()).toBe(1);
    await page.getByRole('button', { name: 'Show it' }).click();
    expect(await page.locator('[data-sensitive]').count()).toBe(0);
    await context.close();
  });
});

/** Serves these results; null: an analysis that failed. */
const found = (page: Page, results: [analyser: Analysis['analyser'], result: Analysis['result']][]) =>
  changeJson<AnalysisList>(page, '**/api/media/*/analysis', () => ({
    items: results.map(([analyser, result]) => ({
      analyser,
      result,
      status: result ? 'completed' : 'failed',
      failure: result
        ? null
        : { code: 'analyser_unavailable', message: 'The analyser could not be reached.', retryable: true },
    })),
  }));

/** A touch gesture: fingers move from one set of points to the next, and are lifted. */
async function touchGesture(session: CDPSession, moments: [x: number, y: number][][]): Promise<void> {
  for (const [index, points] of moments.entries()) {
    const touchPoints = points.map(([x, y], id) => ({ x, y, id }));
    await session.send('Input.dispatchTouchEvent', { type: index === 0 ? 'touchStart' : 'touchMove', touchPoints });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

const open = async (page: Page, title: string) => {
  await page.goto('/media');
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.locator('.viewer-picture.loaded').waitFor();
};
const percent = async (page: Page) => Number.parseInt((await page.locator('.viewer-percent').textContent()) ?? '', 10);
const heading = (page: Page, title: string) => page.getByRole('heading', { level: 1, name: title }).waitFor();
const middle = async (page: Page) => {
  const { x, y, width, height } = (await page.locator('image-viewer').boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
};
const isLight = (mean: number) => mean > 180;

/** The mean of the darkest channel, 0 to 255. */
const brightness = async (place: Locator) => {
  const { channels } = await sharp(await place.screenshot()).stats();
  return Math.min(...channels.slice(0, 3).map(({ mean }) => mean));
};
