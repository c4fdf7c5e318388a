import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { makeM4a, makeMp4, type VideoOptions } from '#testing';
import { setupSandboxTester } from '../../sandbox/sandbox.testing';

const run = promisify(execFile);
const tester = setupSandboxTester();
const video = async (options: VideoOptions, contentType = 'video/mp4') =>
  tester.analyse({ kind: 'video', contentType }, await makeMp4(options));

interface Rendition {
  streams: { codec_name: string; width?: number; height?: number; pix_fmt?: string }[];
  format: { duration: string };
}

async function inspect(path: string): Promise<Rendition> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path]);
  return JSON.parse(stdout) as Rendition;
}

async function meanLuminance(path: string): Promise<number> {
  const pixels = await sharp(path).greyscale().raw().toBuffer(); // `stats()` would ignore `greyscale()`
  return pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
}

describe('the track that players show', () => {
  const still = ['-c:v:0', 'mjpeg', '-pix_fmt:v:0', 'yuvj420p', '-filter:v:0', 'scale=200:200,trim=end_frame=1'];
  const disabled = ['-disposition:v:0', '0', '-disposition:v:1', 'default'];
  it.each<[string, string[]]>([
    ['a still that is disabled', [...still, ...disabled]],
    ['a still', [...still, '-disposition:v', 'default']],
    ['a disabled film', ['-filter:v:0', 'scale=200:200', ...disabled]],
  ])('is the film behind %s', async (_what, output) => {
    const { facts, path } = await video({ seconds: 0.6, audioTracks: 1, output: ['-map', '0:v', ...output] });
    expect(facts).toMatchObject({ width: 320, height: 180, codecs: ['h264', 'aac'] });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 320, height: 180 });
    expect((await inspect(path('preview.mp4'))).streams).toMatchObject([{ width: 320, height: 180 }, {}]);
  });

  it('has the enabled sound', async () => {
    const output = ['-c:a:0', 'libmp3lame', '-disposition:a:0', '0', '-disposition:a:1', 'default'];
    const { facts, path } = await video({ seconds: 0.6, audioTracks: 2, output });
    expect(facts.codecs).toEqual(['h264', 'aac']);
    expect((await inspect(path('preview.mp4'))).streams).toMatchObject([{}, { codec_name: 'aac' }]);
  });
});

/** Writes start and duration in seconds into the edit list of the first track (ISO/IEC 14496-12, 8.6.6). */
function trim(file: Buffer, start: number, seconds: number): Buffer {
  const at = file.indexOf('elst');
  const ticksPerSecond = file.readUInt32BE(file.indexOf('mdhd') + 16);
  file.writeUInt32BE(seconds * 1_000, at + 12);
  file.writeUInt32BE(start * ticksPerSecond + file.readUInt32BE(at + 16), at + 16);
  file.writeUInt32BE(seconds * 1_000, file.indexOf('mvhd') + 20);
  file.writeUInt32BE(seconds * 1_000, file.indexOf('tkhd') + 24);
  return file;
}

describe('an edit list', () => {
  it.each<[string, number, number, 'mp4' | 'mov']>([
    ['at the end', 0, 1, 'mp4'],
    ['at the start', 2, 1, 'mp4'],
    ['at both ends', 1, 1, 'mp4'],
    ['at both ends of QuickTime', 1, 1, 'mov'],
  ])('trims a video %s', async (_where, start, seconds, container) => {
    // black, then a pattern, then black
    const picture = `testsrc2=s=320x180:r=25,drawbox=t=fill:c=black:enable='lt(t,${start})+gt(t,${start + seconds})'`;
    const file = trim(await makeMp4({ seconds: 3, audioTracks: 0, container, picture }), start, seconds);
    const contentType = container === 'mp4' ? 'video/mp4' : 'video/quicktime';
    const { facts, path } = await tester.analyse({ kind: 'video', contentType }, file);
    expect(facts.durationSeconds).toBeCloseTo(seconds, 1);
    expect(await meanLuminance(path('thumbnail.webp'))).toBeGreaterThan(50);
    expect(Number((await inspect(path('preview.mp4'))).format.duration)).toBeCloseTo(seconds, 1);
  });

  it('trims a sound', async () => {
    const file = trim(await makeM4a({ seconds: 3 }), 0, 1);
    const { facts } = await tester.analyse({ kind: 'audio', contentType: 'audio/mp4' }, file);
    expect(Math.abs(facts.durationSeconds! - 1)).toBeLessThan(0.1);
  });
});
