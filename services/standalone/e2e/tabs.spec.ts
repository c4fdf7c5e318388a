import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browserPath, makeJpeg, newAccount, openBrowser, shapes, type Stack } from '#testing';

// services apart have no server of pages of their own: nginx is that in the composed stack
const [[name, start]] = shapes as [(typeof shapes)[number]];
const describeWithBrowser = browserPath ? describe : describe.skip;

describeWithBrowser(`two tabs of one browser, ${name}`, () => {
  let stack: Stack;
  let browser: Browser;
  let context: BrowserContext;
  /** What somebody works in, and the tab that they left open. */
  let front: Page;
  let behind: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([start(), openBrowser()]);
    context = await browser.newContext({ baseURL: stack.baseUrl, viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(20_000);
    expect((await context.request.post('/api/auth/register', { data: newAccount() })).status()).toBe(201);
    [front, behind] = [await context.newPage(), await context.newPage()];
    await Promise.all([front.goto('/upload'), behind.goto('/')]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const uploadInFront = async (filename: string, buffer: Buffer) => {
    await front.locator('input[type=file][name=file]').first().setInputFiles({ name: filename, mimeType: 'image/jpeg', buffer });
  };
  const count = (of: string, is: number) => behind.locator(`[data-count=${of}]`, { hasText: new RegExp(`^${is}$`) }).waitFor();

  it('shows in the other tab what is uploaded in this one, while it happens', async () => {
    await count('total', 0);
    await uploadInFront('whole.jpg', await makeJpeg());
    await count('completed', 1);
    await behind.locator('.recent article[data-status=completed]', { hasText: 'whole' }).waitFor();
    await behind.getByRole('img', { name: /1 uploaded, 1 completed and 0 failed/ }).waitFor();
  });

  it('says in the other tab what needs attention, and why', async () => {
    await uploadInFront('half.jpg', (await makeJpeg()).subarray(0, 900));
    await count('failed', 1);
    await behind.locator('[data-attention]', { hasText: 'half' }).getByText(/Upload the complete file again/).waitFor();
    await behind.getByRole('img', { name: /2 uploaded, 1 completed and 1 failed/ }).waitFor();
  });
});
