import { existsSync } from 'node:fs';
import type { Browser, Page, Route } from 'playwright-core';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The path of an installed Chromium or Chrome, or undefined. */
export const browserPath = candidates.find((path) => existsSync(path));

/** Starts the browser without background traffic, so that all requests are those of the page. */
export async function openBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core'); // tests without a browser should not wait for it
  return chromium.launch({
    executablePath: browserPath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Changes the JSON that a page receives from `url`. */
export const changeJson = <T>(page: Page, url: string | RegExp, change: (json: T) => unknown): Promise<unknown> =>
  page.route(url, (route) => changeAnswer(route, change));

/** Changes the JSON of one answer. An answer for a page that is left meanwhile is dropped. */
export const changeAnswer = <T>(route: Route, change: (json: T) => unknown): Promise<void> =>
  route
    .fetch()
    .then(async (answer) => route.fulfill({ json: change((await answer.json()) as T) }))
    .catch(() => {});
