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
