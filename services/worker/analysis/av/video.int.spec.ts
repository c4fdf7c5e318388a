import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { makeJpeg, makeM4a, makeMp4, type VideoOptions } from '#testing';
import { setupSandboxTester } from '../../sandbox/sandbox.testing';

const run = promisify(execFile);
const tester = setupSandboxTester();
const video = async (options: VideoOptions, contentType = 'video/mp4') =>
  tester.analyse({ kind: 'video', contentType }, await makeMp4(options));

const mp4Video = (file: Buffer) => tester.analyse({ kind: 'video', contentType: 'video/mp4' }, file);

interface Rendition {
  streams: { codec_name: string; width?: number; height?: number; pix_fmt?: string }[];
  format: { duration: string; tags: Record<string, string> };
}

async function inspect(path: string): Promise<Rendition> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path]);
  return JSON.parse(stdout) as Rendition;
}

describe('a video that plays in every browser', () => {
  it('gets facts, poster and waveform, and is its own preview', async () => {
    const { facts, path } = await video({ seconds: 2 });
    expect(facts).toMatchObject({
      kind: 'video',
      width: 320,
      height: 180,
      codecs: ['h264', 'aac'],
      derived: { preview: 'original' },
    });
    expect(facts.durationSeconds).toBeCloseTo(2, 1);
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 320, height: 180 });
    const waveform = JSON.parse(await readFile(path('waveform.json'), 'utf8')) as {
      peaks: number[];
      durationSeconds: number;
    };
    expect(waveform.peaks).toHaveLength(400);
    expect(Math.max(...waveform.peaks)).toBeGreaterThan(0.05);
    expect(await readdir(dirname(path('.')))).toEqual(['derived', 'original']);
  });

  it.each([
    [90, 180, 320],
    [180, 320, 180],
    [270, 180, 320],
  ] as const)('is shown upright when rotated by %i degrees', async (rotation, width, height) => {
    const { facts, path } = await video({ seconds: 0.5, rotation });
    expect(facts).toMatchObject({ width, height });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width, height });
  });

  it('is shown with square pixels', async () => {
    const { facts, path } = await video({ seconds: 0.5, width: 180, height: 144, output: ['-vf', 'setsar=16/11'] });
    expect(facts).toMatchObject({ width: 262, height: 144 });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 262, height: 144 });
  });

  it.each<[string, VideoOptions]>([
    ['one frame', { seconds: 0.04, audioTracks: 0 }],
    ['no audio', { seconds: 0.5, audioTracks: 0 }],
    ['two audio tracks', { seconds: 0.5, audioTracks: 2 }],
    ['the index first', { seconds: 0.5, output: ['-movflags', '+faststart'] }],
    ['fragments', { seconds: 0.5, output: ['-movflags', 'frag_keyframe+empty_moov'] }],
    ['MP3 audio', { seconds: 0.5, audioCodec: 'libmp3lame' }],
  ])('with %s', async (_what, options) => {
    const { facts } = await video(options);
    expect(facts).toMatchObject({ kind: 'video', width: 320, height: 180, derived: { preview: 'original' } });
    expect(Math.abs(facts.durationSeconds! - options.seconds!)).toBeLessThan(0.2);
    expect(facts.derived.waveform === null).toBe(options.audioTracks === 0);
  });
});

async function meanLuminance(path: string): Promise<number> {
  const pixels = await sharp(path).greyscale().raw().toBuffer(); // `stats()` would ignore `greyscale()`
  return pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
}

describe('the poster', () => {
  it('is not the black first frame', async () => {
    const { path } = await video({
      picture: 'color=black:s=320x180:r=25:d=0.4[a];testsrc2=s=320x180:r=25:d=3[b];[a][b]concat',
      seconds: 3.4,
      audioTracks: 0,
    });
    expect(await meanLuminance(path('thumbnail.webp'))).toBeGreaterThan(50);
  });

  it('is a frame with contrast in any colour', async () => {
    const { path } = await video({
      picture:
        'color=black:s=320x180:r=25:d=1[a];color=blue:s=320x180:r=25:d=3,drawbox=w=160:c=lime:t=fill[b];[a][b]concat',
      seconds: 4,
      audioTracks: 0,
    });
    expect(await meanLuminance(path('thumbnail.webp'))).toBeGreaterThan(50);
  });

  it('is black when every frame is black', async () => {
    const { facts, path } = await video({ picture: 'color=black:s=320x180:r=25', seconds: 1 });
    expect(facts.kind).toBe('video');
    expect(await meanLuminance(path('thumbnail.webp'))).toBeLessThan(20);
  });

  it('has sides of at most 480 pixels', async () => {
    const { path } = await video({ width: 1_280, height: 720, seconds: 0.2 });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 480, height: 270 });
  });
});

describe('a video that not every browser plays', () => {
  it.each<[string, VideoOptions, string, number, number]>([
    ['HEVC', { videoCodec: 'libx265' }, 'video/mp4', 320, 180],
    ['10 bits', { pixelFormat: 'yuv420p10le' }, 'video/mp4', 320, 180],
    ['4:4:4 with odd sides', { picture: 'testsrc=s=321x181:r=25', pixelFormat: 'yuv444p' }, 'video/mp4', 322, 182],
    ['VP9 and Opus', { container: 'webm', videoCodec: 'libvpx-vp9', audioCodec: 'libopus' }, 'video/webm', 320, 180],
    ['MPEG-4 part 2', { videoCodec: 'mpeg4' }, 'video/mp4', 320, 180],
    ['QuickTime', { container: 'mov' }, 'video/quicktime', 320, 180],
    ['Matroska', { container: 'matroska' }, 'video/matroska', 320, 180],
  ])('%s gets a rendition', async (_what, options, contentType, width, height) => {
    const { facts, path } = await video({ seconds: 0.6, audioTracks: 2, ...options }, contentType);
    expect(facts.derived.preview).toEqual({ name: 'preview.mp4', contentType: 'video/mp4' });
    const { streams, format } = await inspect(path('preview.mp4'));
    expect(streams).toMatchObject([{ codec_name: 'h264', pix_fmt: 'yuv420p', width, height }, { codec_name: 'aac' }]);
    expect(Math.abs(Number(format.duration) - 0.6)).toBeLessThan(0.2);
  });

  it('is scaled to 1080p, rotated upright, without its location, with the index first', async () => {
    const options: VideoOptions = {
      seconds: 0.2,
      width: 2_560,
      height: 1_440,
      videoCodec: 'libx265',
      rotation: 90,
      output: ['-metadata', 'location=+48.8577+002.2950/', '-metadata', 'title=Paris'],
    };
    const { facts, path } = await video(options);
    expect(facts).toMatchObject({
      width: 1_440,
      height: 2_560,
      metadata: { title: 'Paris', gps: { latitude: 48.8577, longitude: 2.295 } },
    });
    const bytes = await readFile(path('preview.mp4'));
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    const { streams, format } = await inspect(path('preview.mp4'));
    expect(streams[0]).toMatchObject({ width: 1_080, height: 1_920 });
    expect(JSON.stringify(format.tags)).not.toMatch(/48\.8577|Paris/);
  });
});

describe('a header', () => {
  it('is not trusted for the duration', async () => {
    const mp4 = await makeMp4({ seconds: 1 });
    mp4.writeUInt32BE(0xffff_ffff, mp4.indexOf('mvhd') + 20); // duration in mvhd, version 0
    const { facts } = await mp4Video(mp4);
    expect(facts.durationSeconds).toBeCloseTo(1, 1);
  });

  it('is not trusted for the size', async () => {
    const mp4 = await makeMp4({ seconds: 0.5 });
    mp4.writeUInt32BE(0xffff_0000, mp4.indexOf('tkhd') + 80); // width and height in tkhd, version 0, 16.16
    mp4.writeUInt32BE(0xffff_0000, mp4.indexOf('tkhd') + 84);
    expect((await mp4Video(mp4)).facts).toMatchObject({ width: 320, height: 180 });
  });

  it('is not trusted for the kind: audio only, with or without cover art, is audio', async () => {
    const plain = await video({ seconds: 0.5, videoCodec: 'none' });
    expect(plain.facts).toMatchObject({
      kind: 'audio',
      width: null,
      height: null,
      codecs: ['aac'],
      derived: { preview: 'original' },
    });
    const covered = await mp4Video(await makeM4a({ seconds: 0.5, cover: await makeJpeg({ width: 100, height: 90 }) }));
    expect(covered.facts).toMatchObject({ kind: 'audio', width: null });
    expect(await sharp(covered.path('thumbnail.webp')).metadata()).toMatchObject({ width: 100, height: 90 });
    const mislabelled = await tester.analyse(
      { kind: 'audio', contentType: 'audio/mp4' },
      await makeMp4({ seconds: 0.5 }),
    );
    expect(mislabelled.facts.kind).toBe('video');
  });
});

describe('an invalid video is rejected', () => {
  it('without an index', async () => {
    const mp4 = await makeMp4({ seconds: 1 });
    await expect(mp4Video(mp4.subarray(0, mp4.indexOf('moov') - 4))).rejects.toMatchObject({ code: 'invalid_media' });
  });

  it('with noise as frames', async () => {
    const mp4 = await makeMp4({ seconds: 1, audioTracks: 0 });
    mp4.fill(0xa5, mp4.indexOf('mdat') + 4, mp4.indexOf('moov') - 4);
    await expect(mp4Video(mp4)).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_media|no_media_stream/) as string,
    });
  });

  it('with a header only', async () => {
    await expect(mp4Video(Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom', 'latin1'))).rejects.toMatchObject({
      code: 'invalid_media',
    });
  });
});
