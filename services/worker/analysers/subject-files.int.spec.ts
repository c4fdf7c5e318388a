import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { makeMp4 } from '#testing';
import { extractFrames, extractSound } from './subject-files';

const run = promisify(execFile);
const signal = new AbortController().signal;
let folder: string;
let output: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'subject-'));
  output = join(folder, 'output');
  await mkdir(output);
});
afterAll(() => rm(folder, { recursive: true }));

async function film() {
  const path = join(folder, 'film');
  await writeFile(path, await makeMp4({ seconds: 2 }));
  return { path, contentType: 'video/mp4' };
}

it('takes frames from equal parts of a film, with their seconds', async () => {
  const frames = await extractFrames(await film(), output, { count: 3, durationSeconds: 2 }, signal);
  expect(frames.map(({ atSeconds }) => atSeconds)).toEqual([0.333, 1, 1.667]);
  for (const { path } of frames) expect((await sharp(path).metadata()).format).toBe('jpeg');
});

it('takes no frame from behind the end', async () => {
  const empty = join(folder, 'empty');
  await mkdir(empty);
  const frames = await extractFrames(await film(), empty, { count: 1, durationSeconds: 60 }, signal);
  expect(frames).toEqual([]);
});

it('takes the sound as FLAC, 16 kHz and mono', async () => {
  const path = await extractSound(await film(), output, signal);
  const show = ['-v', 'error', '-show_entries', 'stream=codec_name,sample_rate,channels', '-of', 'csv=p=0', path];
  expect((await run('ffprobe', show)).stdout.trim()).toBe('flac,16000,1');
});

it('ends when it is aborted', async () => {
  const reason = new Error('shutdown');
  await expect(extractSound(await film(), output, AbortSignal.abort(reason))).rejects.toBe(reason);
});
