import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { connectRedis, DiskReserve, S3Storage, SharedRate } from '#platform';
import { startRedis, type TestRedis } from '#testing';
import { type Analyser, AnalysisPending, type AnalysisSubject } from '../../services/worker/analysers/analyser';
import { aSubject, describeAnalyser } from '../../services/worker/analysers/analyser.contract';
import type { AwsAccess } from '../../services/worker/analysers/aws/call';
import { AwsSentiment } from '../../services/worker/analysers/aws/comprehend';
import { awsLabels, awsModeration, awsText } from '../../services/worker/analysers/aws/rekognition';
import { AwsSpeech } from '../../services/worker/analysers/aws/transcribe';

/**
 * The adapters of AWS against a real account, for some cents: `AWS_REGION=… AWS_TEST_BUCKET=… npm run test:aws`
 * with credentials in the environment or a profile.
 */
const { AWS_REGION: region, AWS_TEST_BUCKET: bucket } = process.env;
const withAccount = region && bucket ? describe : describe.skip;
const SENTENCE = 'The old mill beside the river is a wonderful place. We were happy there all summer.';

let folder: string;
let redis: TestRedis;
let connection: ReturnType<typeof connectRedis>;
const notAborted = new AbortController().signal;

const access = (): AwsAccess => ({ region: region!, rate: new SharedRate(connection, 'test-', 2) });
const picture = () =>
  aSubject({ folder, pictures: async () => [{ path: join(folder, 'picture.webp'), atSeconds: null }] });

withAccount('an AWS account', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aws-'));
    redis = await startRedis();
    connection = connectRedis(redis.url, 'waiting');
    const drawing = `<svg width="640" height="320"><rect width="640" height="320" fill="white"/>
      <text x="40" y="180" font-size="90" font-family="sans-serif">SNAPSTREAM</text></svg>`;
    await sharp(Buffer.from(drawing)).webp().toFile(join(folder, 'picture.webp'));
    const speech = ['-f', 'lavfi', '-i', `flite=text='${SENTENCE}'`, '-ar', '16000', '-ac', '1'];
    execFileSync('ffmpeg', ['-v', 'error', ...speech, join(folder, 'sound.flac')]);
  });
  afterAll(async () => {
    connection.disconnect();
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  describeAnalyser('labels', { analyser: () => awsLabels(access()), subjectOf: picture });
  describeAnalyser('moderation', { analyser: () => awsModeration(access()), subjectOf: picture });
  describeAnalyser('text', { analyser: () => awsText(access()), subjectOf: picture });
  describeAnalyser('sentiment', {
    analyser: () => new AwsSentiment(access()),
    subjectOf: () => aSubject({ text: { source: 'description', content: SENTENCE } }),
  });

  it('reads what is written in a picture', async () => {
    const { lines } = await awsText(access()).analyse(picture(), notAborted, () => {});
    expect(lines.map(({ text }) => text)).toContain('SNAPSTREAM');
  });

  it('transcribes speech by one job, which is deleted', async () => {
    const storage = S3Storage.connect({
      bucket: bucket!,
      region: region!,
      workDir: folder,
      reserve: new DiskReserve(folder),
    });
    const speech = new AwsSpeech({ access: access(), storage, bucket: bucket!, prefix: 'snapstream-test-' });
    const subject = aSubject({
      kind: 'audio',
      run: Date.now(),
      durationSeconds: 6,
      sound: async () => join(folder, 'sound.flac'),
    });
    const { language, text } = await untilDone(speech, subject);
    expect(language).toMatch(/^en/);
    expect(text.toLowerCase()).toContain('river');
    const left: unknown[] = [];
    for await (const object of storage.list(`derived/${subject.mediaId}/transcribe-${subject.run}/`)) left.push(object);
    expect(left).toEqual([]);
  }, 600_000);
});

/** Continues as the worker does, when the adapter asks for it. */
async function untilDone(analyser: Analyser<'speech'>, subject: AnalysisSubject) {
  for (;;)
    try {
      return await analyser.analyse(subject, notAborted, () => {});
    } catch (error) {
      if (!(error instanceof AnalysisPending)) throw error;
      subject = { ...subject, state: error.state };
      await sleep(error.continueAt.getTime() - Date.now());
    }
}
