import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { makeAac, makeFlac, makeJpeg, makeM4a, makeMp3, makeOpus, makeWav } from '#testing';
import { setupSandboxTester, type TestAnalysis } from '../../sandbox/sandbox.testing';

const tester = setupSandboxTester();
const analyse = (contentType: string, file: Buffer) => tester.analyse({ kind: 'audio', contentType }, file);

/** Multiplies the number of frames in the Xing header. */
function sayLonger(mp3: Buffer): Buffer {
  const at = Math.max(mp3.indexOf('Xing'), mp3.indexOf('Info')) + 8;
  mp3.writeUInt32BE(mp3.readUInt32BE(at) * 20, at);
  return mp3;
}

/** Rewrites the header of a WAV of 32 bits for fewer valid bits (WAVEFORMATEXTENSIBLE). */
function extensible(wav: Buffer, validBits: number): Buffer {
  const data = wav.subarray(wav.indexOf('data'));
  const format = Buffer.alloc(48);
  wav.copy(format, 0, wav.indexOf('fmt '), wav.indexOf('fmt ') + 24);
  format.writeUInt32LE(40, 4);
  format.writeUInt16LE(0xfffe, 8);
  format.writeUInt16LE(32, 22);
  format.writeUInt16LE(22, 24);
  format.writeUInt16LE(validBits, 26);
  format.write('0100000000001000800000aa00389b71', 32, 'hex');
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), format, data]);
}

const loudest = async ({ path }: TestAnalysis) =>
  Math.max(...(JSON.parse(await readFile(path('waveform.json'), 'utf8')) as { peaks: number[] }).peaks);

describe('an audio file', () => {
  it.each([24, 16])('of %i bits in 32 is as loud as the samples say', async (validBits) => {
    const wav = await makeWav({ seconds: 0.5, codec: 'pcm_s32le' });
    const plain = await loudest(await analyse('audio/wav', wav));
    expect(await loudest(await analyse('audio/wav', extensible(wav, validBits)))).toBeCloseTo(plain, 2);
  });

  it.each<[string, string, () => Promise<Buffer>, 'original' | 'rendition']>([
    ['MP3', 'audio/mpeg', () => makeMp3(), 'original'],
    ['MP3 without Xing header', 'audio/mpeg', () => makeMp3({ output: ['-write_xing', '0'] }), 'original'],
    ['MP3 whose header says 20 times its length', 'audio/mpeg', async () => sayLonger(await makeMp3()), 'rendition'],
    ['RF64', 'audio/wav', () => makeWav({ output: ['-rf64', 'always'] }), 'rendition'],
    ['AAC of a constant bit rate', 'audio/aac', () => makeAac(), 'original'],
    [
      'AAC that becomes silent',
      'audio/aac',
      () => makeAac({ output: ['-af', "volume=0:enable='gt(t,.5)'"] }),
      'rendition',
    ],
    ['WAV', 'audio/wav', () => makeWav(), 'original'],
    ['WAV of 24 bits', 'audio/wav', () => makeWav({ codec: 'pcm_s24le' }), 'rendition'],
    [
      'WAV of 24 bits in 32',
      'audio/wav',
      async () => extensible(await makeWav({ codec: 'pcm_s32le' }), 24),
      'rendition',
    ],
    [
      'WAV of 16 bits in 32',
      'audio/wav',
      async () => extensible(await makeWav({ codec: 'pcm_s32le' }), 16),
      'rendition',
    ],
    ['WAV of 64-bit floats', 'audio/wav', () => makeWav({ codec: 'pcm_f64le' }), 'rendition'],
    ['WAV of G.722', 'audio/wav', () => makeWav({ codec: 'g722', output: ['-ar', '16000'] }), 'rendition'],
    ['WAV of MS ADPCM', 'audio/wav', () => makeWav({ codec: 'adpcm_ms' }), 'rendition'],
    ['WAV of six channels', 'audio/wav', () => makeWav({ output: ['-ac', '6'] }), 'rendition'],
    ['AAC', 'audio/mp4', () => makeM4a(), 'original'],
    ['FLAC', 'audio/flac', () => makeFlac(), 'rendition'],
    ['Opus', 'audio/ogg', () => makeOpus(), 'rendition'],
  ])('%s gets facts, a waveform, a drawn thumbnail and a preview', async (_what, contentType, make, preview) => {
    const { facts, path } = await analyse(contentType, await make());
    expect(facts).toMatchObject({ kind: 'audio', width: null, height: null });
    expect(Math.abs(facts.durationSeconds! - 2)).toBeLessThan(0.1);
    expect(facts.derived.preview).toEqual(
      preview === 'original' ? 'original' : { name: 'preview.m4a', contentType: 'audio/mp4' },
    );
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ format: 'webp', width: 480, height: 240 });
    const { peaks, durationSeconds } = JSON.parse(await readFile(path('waveform.json'), 'utf8')) as {
      peaks: number[];
      durationSeconds: number;
    };
    expect(durationSeconds).toBe(facts.durationSeconds);
    expect(peaks).toHaveLength(400);
    expect(peaks.every((peak) => peak >= 0 && peak <= 1)).toBe(true);
    if (preview === 'rendition') expect((await readFile(path('preview.m4a'))).subarray(4, 8).toString()).toBe('ftyp');
  });

  it('returns its tags and its cover art', async () => {
    const { facts, path } = await analyse(
      'audio/mpeg',
      await makeMp3({
        tags: { title: 'Größe', artist: '<b>B</b>' },
        cover: await makeJpeg({ width: 600, height: 600 }),
      }),
    );
    expect(facts.metadata).toMatchObject({ title: 'Größe', artist: '<b>B</b>', sampleRateHz: 44_100, channels: 1 });
    expect(await sharp(path('thumbnail.webp')).metadata()).toMatchObject({ width: 480, height: 480 });
  });

  it('with broken cover art gets a drawn thumbnail', async () => {
    const mp3 = await makeMp3({ cover: await makeJpeg({ width: 300, height: 300 }) });
    mp3.fill(0, mp3.indexOf(Buffer.from([0xff, 0xd8, 0xff])) + 20, mp3.indexOf(Buffer.from([0xff, 0xd8, 0xff])) + 400);
    expect(await sharp((await analyse('audio/mpeg', mp3)).path('thumbnail.webp')).metadata()).toMatchObject({
      width: 480,
      height: 240,
    });
  });

  it('sanitizes hostile tags', async () => {
    const tags = { comment: 'x'.repeat(100_000), title: 'a\u202eb', __proto__x: '1' };
    const { facts } = await analyse('audio/mpeg', await makeMp3({ tags }));
    expect(Buffer.byteLength(JSON.stringify(facts.metadata))).toBeLessThan(16 * 1024);
    expect(facts.metadata.title).toBe('ab');
  });
});

describe('the duration of an audio file is measured', () => {
  it('for an MP3 without Xing header and with a varying bit rate', async () => {
    const bare = ['-id3v2_version', '0', '-write_xing', '0'];
    const [low, high] = await Promise.all([
      makeMp3({ output: [...bare, '-b:a', '32k'] }),
      makeMp3({ output: [...bare, '-b:a', '320k'] }),
    ]);
    const { facts } = await analyse('audio/mpeg', Buffer.concat([low, high]));
    expect(Math.abs(facts.durationSeconds! - 4.1)).toBeLessThan(0.2);
  });

  it('for a truncated MP3 whose header still describes the whole file', async () => {
    const mp3 = await makeMp3({ seconds: 10 });
    const { facts } = await analyse('audio/mpeg', mp3.subarray(0, mp3.length / 2));
    expect(Math.abs(facts.durationSeconds! - 5)).toBeLessThan(0.3);
  });

  it.each([
    ['byte rate', 28, 1],
    ['data length', 40, 0xffff_ffff],
  ])('for a WAV with a wrong %s', async (_what, offset, wrongValue) => {
    const wav = await makeWav({ output: ['-bitexact', '-map_metadata', '-1'] });
    wav.writeUInt32LE(wrongValue, offset);
    expect((await analyse('audio/wav', wav)).facts.durationSeconds).toBeCloseTo(2, 1);
  });
});

describe('an invalid audio file is rejected', () => {
  it.each<[string, (wav: Buffer) => Buffer]>([
    ['a sample rate of zero', (wav) => (wav.writeUInt32LE(0, 24), wav)],
    ['65535 channels', (wav) => (wav.writeUInt16LE(65_535, 22), wav)],
    ['no samples', (wav) => wav.subarray(0, 44)],
  ])('a WAV of %s', async (_what, corrupt) => {
    const wav = await makeWav({ seconds: 0.5, output: ['-bitexact', '-map_metadata', '-1'] });
    await expect(analyse('audio/wav', corrupt(wav))).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_media|no_media_stream/) as string,
    });
  });

  it('noise behind the magic bytes of an MP3', async () => {
    const noise = Buffer.alloc(50_000, 0x55);
    noise.write('ID3\x04\0\0\0\0\0\0', 'latin1');
    await expect(analyse('audio/mpeg', noise)).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_media|no_media_stream/) as string,
    });
  });
});
