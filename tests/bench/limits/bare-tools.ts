import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { inParallel, secondsOf, type Input } from '../subject';

const run = promisify(execFile);
const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '2'];
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

/** Runs `ffmpeg` or `ffprobe`, and returns what it prints. */
async function output(program: string, ...options: string[]): Promise<Buffer> {
  const { stdout } = await run(program, options, { encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES });
  return stdout;
}

const samplesOf = (path: string) =>
  output('ffmpeg', ...QUIET, '-i', path, '-map', '0:a', '-ac', '1', '-ar', '8000', '-f', 's16le', '-');
const readHeader = (path: string) =>
  output('ffprobe', '-loglevel', 'error', '-show_streams', '-show_format', '-of', 'json', path);
const writeThumbnail = (picture: Buffer) =>
  sharp(picture).resize({ width: 480, height: 480, fit: 'inside' }).webp({ quality: 80, effort: 2 }).toBuffer();

/** What the product makes of a clip that browsers play: header, waveform, duration by its packets, thumbnail. */
async function processClip(path: string): Promise<void> {
  await readHeader(path);
  await samplesOf(path);
  await output('ffmpeg', ...QUIET, '-i', path, '-copyts', '-c', 'copy', '-copyinkf', '-f', 'framecrc', '-');
  const frame = ['-ss', '1', '-i', path, '-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe', '-'];
  await writeThumbnail(await output('ffmpeg', ...QUIET, ...frame));
}

/** What the product makes of a sound that browsers play: header, waveform, the picture of it. */
async function processSound(path: string): Promise<void> {
  await readHeader(path);
  await samplesOf(path);
  const create = { width: 480, height: 240, channels: 3, background: '#23264d' } as const;
  await writeThumbnail(await sharp({ create }).png().toBuffer());
}

/** Resolves to the seconds for processing `count` files, the inputs in turn, two at a time. */
export async function processByTools(inputs: readonly Input[], count: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const paths = inputs.map(({ filename }, number) => join(folder, `${number}-${filename}`));
    await Promise.all(paths.map((path, number) => writeFile(path, inputs[number]!.bytes)));
    return await secondsOf(() =>
      inParallel(count, 2, (number) => {
        const path = paths[number % paths.length]!;
        return path.endsWith('.mp4') ? processClip(path) : processSound(path);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
