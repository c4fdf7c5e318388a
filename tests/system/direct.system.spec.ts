import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import type { Browser } from 'playwright-core';
import type { Media } from '#contracts';
import {
  ApiClient,
  browserPath,
  createBucket,
  eventually,
  makeJpegOf,
  newAccount,
  openBrowser,
  startAws,
  startProcess,
  startTestEnvironment,
  type TestAws,
  type TestEnvironment,
  type TestProcess,
} from '#testing';

const MIB = 1024 ** 2;

(browserPath ? describe : describe.skip)('direct uploads in a browser (needs Chromium or Chrome)', () => {
  let environment: TestEnvironment;
  let aws: TestAws;
  let bucket: string;
  let service: TestProcess;
  let browser: Browser;
  let dir: string;

  beforeAll(async () => {
    [environment, aws, browser, dir] = await Promise.all([
      startTestEnvironment(),
      startAws(),
      openBrowser(),
      mkdtemp(join(tmpdir(), 'direct-')),
    ]);
    bucket = await createBucket(aws);
    service = await startProcess(
      'standalone',
      environment.env({ S3_BUCKET: bucket, AWS_ENDPOINT_URL_S3: aws.endpoint }),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await aws.stop();
    await environment.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** Uploads a file of 9 MiB by the page. @returns its medium */
  async function uploadByPage(): Promise<Media> {
    const api = new ApiClient(service.url);
    await api.register(newAccount());
    const bytes = await makeJpegOf(9 * MIB);
    const path = join(dir, 'large.jpg');
    await writeFile(path, bytes);
    const context = await browser.newContext();
    const [name, value] = api.cookie.split('=') as [string, string];
    await context.addCookies([{ name, value, url: service.url }]);
    const page = await context.newPage();
    await page.goto(`${service.url}/upload`);
    await page.locator('input[type=file]').first().setInputFiles(path);
    const { items } = await eventually(
      () => api.expect<{ items: Media[] }>(200, 'GET', '/api/media'),
      (list) => list.items.length > 0,
      20_000,
    );
    await context.close();
    expect(items[0]!.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    return items[0]!;
  }
  const partsInBucket = (id: string) =>
    aws.requests().filter((line) => /^PUT .*\/incoming\//.test(line) && line.includes(id));

  it('sends by tus where the bucket does not allow this site, and straight to the bucket where it does', async () => {
    expect(partsInBucket((await uploadByPage()).id)).toEqual([]);
    const s3 = new S3Client({ ...aws.client, forcePathStyle: true });
    const rule = { AllowedOrigins: [service.url], AllowedMethods: ['PUT'], AllowedHeaders: ['*'] };
    await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [rule] } }));
    s3.destroy();
    expect(partsInBucket((await uploadByPage()).id)).toHaveLength(2);
  }, 60_000);
});
