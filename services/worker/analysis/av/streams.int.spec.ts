import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { makeGif, makeM4a, makeMp3, makeMp4, type VideoOptions } from '#testing';
import { setupSandboxTester, type TestAnalysis } from '../../sandbox/sandbox.testing';

const run = promisify(execFile);
const tester = setupSandboxTester();

const small = (options: VideoOptions) => makeMp4({ seconds: 0.5, width: 160, height: 90, ...options });
const mp4 = (file: Buffer) => tester.analyse({ kind: 'video', contentType: 'video/mp4' }, file);
const matroska = async (options: VideoOptions) =>
  tester.analyse({ kind: 'video', contentType: 'video/matroska' }, await small({ container: 'matroska', ...options }));

const unlistedAudioCodec = ['-c:a', 'sonic', '-strict', '-2'];
const noise = ['-c:a', 'flac', '-bsf:a', 'noise=amount=1'];
const font = ['-attach', __filename, '-metadata:s:t', 'mimetype=font/ttf'];

async function codecsOfPreview({ path }: TestAnalysis): Promise<string[]> {
  const show = ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'json'];
  const { stdout } = await run('ffprobe', [...show, path('preview.mp4')]);
  return (JSON.parse(stdout) as { streams: { codec_name: string }[] }).streams.map(({ codec_name }) => codec_name);
}

/** Relabels the first AAC track as AC-4, which ffmpeg has no decoder for: its sample entry and the box within. */
function claimAc4(file: Buffer): Buffer {
  file.write('ac-4', file.indexOf('mp4a'), 'latin1');
  file.write('dac4', file.indexOf('esds'), 'latin1');
  return file;
}

/** Writes the object type 42 (ISO 14496-3, 1.5.1.1) into the AudioSpecificConfig of the first AAC track. */
function claimXheAac(file: Buffer): Buffer {
  const config = file.indexOf(Buffer.from([0x05, 0x80, 0x80, 0x80]), file.indexOf('esds')) + 5;
  file.write('f94820', config, 'hex');
  return file;
}

describe('unused streams', () => {
  it.each<[string, VideoOptions]>([
    ['SubRip subtitles and a font', { subtitles: 'srt', output: font }],
    ['SubStation subtitles', { subtitles: 'ass' }],
    [
      'a second audio track with an unsupported codec',
      { audioTracks: 2, output: ['-c:a:1', 'sonic', '-strict', '-2'] },
    ],
  ])('are ignored in Matroska: %s', async (_what, options) => {
    const made = await matroska(options);
    expect(made.facts).toMatchObject({ kind: 'video', width: 160, height: 90, codecs: ['h264', 'aac'] });
    expect(made.facts.metadata).not.toHaveProperty('sound');
    expect(made.facts.durationSeconds).toBeCloseTo(0.5, 1);
    expect(await codecsOfPreview(made)).toEqual(['h264', 'aac']);
  });

  it.each<[string, VideoOptions, string, 'original' | 'rendition']>([
    ['subtitles in MP4', {}, 'video/mp4', 'original'],
    [
      'subtitles and a time code in QuickTime',
      { container: 'mov', output: ['-timecode', '00:00:00:00'] },
      'video/quicktime',
      'rendition',
    ],
  ])('are ignored, and other facts are kept: %s', async (_what, { output = [], ...options }, contentType, preview) => {
    const file = await small({
      ...options,
      subtitles: 'mov_text',
      rotation: 90,
      output: [...output, '-metadata', 'title=A: B'],
    });
    const made = await tester.analyse({ kind: 'video', contentType }, file);
    const metadata = { title: 'A: B', framesPerSecond: 25, pixelFormat: 'yuv420p', audioTracks: 1 };
    expect(made.facts).toMatchObject({ kind: 'video', width: 90, height: 160, codecs: ['h264', 'aac'], metadata });
    expect(made.facts.durationSeconds).toBeCloseTo(0.5, 1);
    expect(made.facts.derived.preview === 'original' ? 'original' : 'rendition').toBe(preview);
  });

  it.each<[string, string, () => Promise<Buffer>, string]>([
    ['lyrics', 'audio/mp4', () => small({ videoCodec: 'none', subtitles: 'mov_text' }), 'aac'],
    ['a GIF as cover', 'audio/mpeg', async () => makeMp3({ seconds: 0.5, cover: await makeGif({ frames: 1 }) }), 'mp3'],
  ])('are ignored in an audio file: %s', async (_what, contentType, make, codec) => {
    const { facts } = await tester.analyse({ kind: 'audio', contentType }, await make());
    const metadata = { sampleRateHz: 44_100, channels: 1 };
    expect(facts).toMatchObject({ kind: 'audio', codecs: [codec], metadata, derived: { preview: 'original' } });
    expect(Math.abs(facts.durationSeconds! - 0.5)).toBeLessThan(0.1);
  });
});

/** Replaces the last occurrence of a word in a file by another of the same length. */
function relabel(file: Buffer, word: string, other: string): Buffer {
  file.write(other, file.lastIndexOf(word), 'latin1');
  return file;
}

describe('a further track', () => {
  it.each<[string, (file: Buffer) => Buffer]>([
    ['a sound without a configuration', (file) => relabel(file, 'esds', 'free')],
    ['a sound whose samples have no place', (file) => relabel(file, 'stco', 'free')],
    ['telemetry', (file) => relabel(relabel(file, 'soun', 'meta'), 'mp4a', 'gpmd')],
    ['an unknown kind', (file) => relabel(file, 'soun', '?\0\0?')],
  ])('does not make a video fail: %s', async (_what, change) => {
    const { facts } = await mp4(change(await small({ audioTracks: 2 })));
    expect(facts).toMatchObject({ kind: 'video', codecs: ['h264', 'aac'], width: 160, height: 90 });
    expect(facts.durationSeconds).toBeCloseTo(0.5, 1);
  });
});

describe('a video whose audio cannot be decoded', () => {
  it.each<[string, () => Promise<TestAnalysis>, RegExp]>([
    ['AC-4', async () => mp4(claimAc4(await small({}))), /cannot be played.* ac-4 is not supported/],
    ['Sonic', () => matroska({ output: unlistedAudioCodec }), /cannot be played.* sonic is not supported/],
    ['noise', () => matroska({ output: noise }), /cannot be played.* flac .*damaged/],
  ])('is a silent video with a reason in its metadata: %s', async (_what, analyse, reason) => {
    const made = await analyse();
    const metadata = { sound: expect.stringMatching(reason) as string };
    expect(made.facts).toMatchObject({ kind: 'video', width: 160, height: 90, codecs: ['h264'], metadata });
    expect(made.facts.durationSeconds).toBeCloseTo(0.5, 1);
    expect(made.facts.derived.waveform).toBeNull();
    expect(await codecsOfPreview(made)).toEqual(['h264']);
  });

  it.each<[string, () => Promise<TestAnalysis>]>([
    ['Matroska', () => matroska({ audioTracks: 2, output: ['-c:a:0', 'sonic', '-strict', '-2'] })],
    ['MP4, whose first track browsers would play', async () => mp4(claimAc4(await small({ audioTracks: 2 })))],
  ])('uses the next audio track: %s', async (_what, analyse) => {
    const made = await analyse();
    expect(made.facts.codecs).toEqual(['h264', 'aac']);
    expect(made.facts.metadata).not.toHaveProperty('sound');
    expect(made.facts.derived.waveform).not.toBeNull();
    expect(await codecsOfPreview(made)).toEqual(['h264', 'aac']);
  });
});

describe('an unsupported codec', () => {
  it.each<[string, VideoOptions]>([
    ['the only audio track', { videoCodec: 'none', output: unlistedAudioCodec }],
    ['the video stream', { output: ['-c:v', 'zmbv'], pixelFormat: 'bgr0' }],
  ])('is the reason of the failure: %s', async (_what, options) => {
    await expect(matroska(options)).rejects.toMatchObject({ code: 'unsupported_codec' });
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['a sound', async () => claimXheAac(await makeM4a({ seconds: 0.5 }))],
    ['the sound of a video without frames', async () => claimXheAac(await small({ videoCodec: 'none' }))],
  ])('is the reason of the failure: xHE-AAC as %s', async (_what, make) => {
    await expect(mp4(await make())).rejects.toMatchObject({ code: 'unsupported_codec' });
  });

  it('is the reason why a video has no sound: xHE-AAC', async () => {
    const { facts } = await mp4(claimXheAac(await small({})));
    expect(facts).toMatchObject({
      codecs: ['h264'],
      metadata: { sound: expect.stringMatching(/aac is not supported/) },
    });
  });

  it('is not the reason when the used stream is damaged', async () => {
    const broken = matroska({ videoCodec: 'none', subtitles: 'srt', output: noise });
    await expect(broken).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_media|no_media_stream/) as string,
    });
  });
});

describe('an encrypted file', () => {
  const key = [
    '-encryption_scheme',
    'cenc-aes-ctr',
    '-encryption_key',
    '00'.repeat(16),
    '-encryption_kid',
    '01'.repeat(16),
  ];

  it.each<[string, VideoOptions]>([
    ['video', {}],
    ['sound', { videoCodec: 'none' }],
  ])('fails with the reason: %s', async (_what, options) => {
    await expect(mp4(await small({ ...options, output: key }))).rejects.toMatchObject({ code: 'encrypted_media' });
  });
});

describe('a codec of cameras, editors and recorders', () => {
  it.each<[string, string]>([
    ['huffyuv', 'yuv422p'],
    ['ffvhuff', 'yuv420p'],
    ['utvideo', 'yuv422p'],
    ['wmv2', 'yuv420p'],
    ['prores', 'yuv422p10le'],
  ])('is decoded: %s', async (codec, pixelFormat) => {
    const { facts } = await matroska({ output: ['-c:v', codec], pixelFormat });
    expect(facts).toMatchObject({ kind: 'video', width: 160, height: 90, codecs: [codec, 'aac'] });
  });
});
