import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** An installed Chromium or Chrome; undefined where there is none. */
export const browserPath = candidates.find((path) => existsSync(path));

/** Without its own network habits, so that what it sends is what the page sends. */
export async function openBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core'); // nothing that tests without one should wait for
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
