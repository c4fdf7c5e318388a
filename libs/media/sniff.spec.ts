import { randomBytes } from 'node:crypto';
import { isHeic } from '#contracts';
import {
  makeAac,
  makeAvif,
  makeFlac,
  makeGif,
  makeHeic,
  makeJpeg,
  makeM4a,
  makeMp3,
  makeMp4,
  makeOpus,
  makePng,
  makeTiff,
  makeWav,
  makeWebp,
  type VideoOptions,
} from '#testing';
import { SNIFF_BYTES, sniff } from './sniff';

const head = async (file: Promise<Buffer>) => (await file).subarray(0, SNIFF_BYTES);

/** Inserts a chunk (as a profile or a comment) that is larger than the head before the pixels. */
function withLargeChunk(png: Buffer): Buffer {
  const afterHeader = 8 + 25;
  const chunk = Buffer.concat([Buffer.from('\0\x02\0\0tEXt', 'latin1'), Buffer.alloc(0x2_0000 + 4, 'x')]);
  return Buffer.concat([png.subarray(0, afterHeader), chunk, png.subarray(afterHeader)]);
}

/** AVIF as some encoders write it: `avif` is only among the compatible brands. */
function withMajorBrand(brand: string, file: Buffer): Buffer {
  return Buffer.concat([file.subarray(0, 8), Buffer.from(brand, 'latin1'), file.subarray(12)]);
}

/** The first box of a file: the major brand, a version, the compatible brands. */
function ftyp(brands: string): Buffer {
  const [major = '', ...compatible] = brands.split(' ');
  const length = Buffer.from([0, 0, 0, 16 + 4 * compatible.length]);
  return Buffer.concat([length, Buffer.from(`ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1')]);
}

function box(type: string, bytes: number): Buffer {
  const made = Buffer.alloc(8 + bytes);
  made.writeUInt32BE(made.length);
  made.write(type, 4, 'latin1');
  return made;
}

/** Of phones (3GPP TS 26.244, 3GPP2 C.S0050-B), cameras and stores. */
const BRANDS = ['3gp4', '3gp5', '3gp6', '3gr6', '3gs7', '3g2a', '3g2b', 'mmp4', 'MSNV', 'M4V ', 'f4v '];

/** A page of Ogg with one packet; its checksum is not set. */
function oggPage(packet: string): Buffer {
  const header = Buffer.alloc(28);
  header.write('OggS', 'latin1');
  header[26] = 1;
  header[27] = packet.length;
  return Buffer.concat([header, Buffer.from(packet, 'latin1')]);
}

/** An ID3v2 tag of fewer than 128 zeros. */
const id3 = (bytes: number) =>
  Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0'), Buffer.from([bytes]), Buffer.alloc(bytes)]);

const withoutFirst = async (bytes: number, file: Promise<Buffer>) => (await file).subarray(bytes);
const behind = async (start: Buffer, file: Promise<Buffer>) => Buffer.concat([start, await file]);
const bare = ['-id3v2_version', '0', '-write_xing', '0'];

describe('isHeic', () => {
  it.each(['heic mif1 heic', 'heix mif1', 'hevc msf1', 'heim', 'hevs', 'mif1 heic miaf', 'msf1 hevc', 'mif1'])(
    'recognizes the brands %s as HEIC',
    async (brands) => {
      expect([isHeic(ftyp(brands)), await sniff(ftyp(brands))]).toEqual([
        true,
        { contentType: 'image/heic', kind: 'image' },
      ]);
    },
  );

  it.each(['avif mif1 miaf', 'avis msf1', 'mif1 avif miaf', 'msf1 avis', 'isom mp41'])(
    'does not recognize the brands %s as HEIC',
    (brands) => {
      expect(isHeic(ftyp(brands))).toBe(false);
    },
  );

  it('returns false for a truncated head', () => {
    expect([isHeic(Buffer.alloc(0)), isHeic(Buffer.from('\0\0\0\x18ftyp', 'latin1'))]).toEqual([false, false]);
  });
});

describe('sniff', () => {
  it.each<[string, string, () => Promise<Buffer>]>([
    ['image/jpeg', 'image', () => makeJpeg()],
    ['image/png', 'image', () => makePng()],
    ['image/gif', 'image', () => makeGif()],
    ['image/webp', 'image', () => makeWebp()],
    ['image/avif', 'image', () => makeAvif({ width: 32, height: 32 })],
    ['image/avif', 'image', async () => withMajorBrand('mif1', await makeAvif({ width: 32, height: 32 }))],
    ['image/tiff', 'image', () => makeTiff()],
    ['image/heic', 'image', () => makeHeic()],
    ['image/heic', 'image', () => makeHeic({ brand: 'msf1' })],
    ['image/png', 'image', async () => withLargeChunk(await makePng())],
    ['image/tiff', 'image', () => makeTiff({ width: 1_000, height: 1_000 })],
    ['video/mp4', 'video', () => makeMp4({ seconds: 0.2 })],
    ['video/quicktime', 'video', () => makeMp4({ seconds: 0.2, container: 'mov' })],
    [
      'video/webm',
      'video',
      () => makeMp4({ seconds: 0.2, container: 'webm', videoCodec: 'libvpx-vp9', audioCodec: 'libopus' }),
    ],
    ['video/matroska', 'video', () => makeMp4({ seconds: 0.2, container: 'matroska' })],
    ['audio/mpeg', 'audio', () => makeMp3({ seconds: 0.2 })],
    ['audio/mpeg', 'audio', () => makeMp3({ seconds: 0.2, output: bare })],
    ['audio/mpeg', 'audio', () => makeMp3({ seconds: 0.2, tags: { comment: 'x'.repeat(100_000) } })],
    ['audio/wav', 'audio', () => makeWav({ seconds: 0.2 })],
    ['audio/mp4', 'audio', () => makeM4a({ seconds: 0.2 })],
    ['audio/flac', 'audio', () => makeFlac({ seconds: 0.2 })],
    ['audio/ogg', 'audio', () => makeOpus({ seconds: 0.2 })],
  ])('recognizes %s (%s)', async (contentType, kind, make) => {
    expect(await sniff(await head(make()))).toEqual({ contentType, kind });
  });

  it.each<[string, string, () => Promise<Buffer>]>([
    ['MP4 behind free space', 'video/mp4', () => behind(box('free', 100), makeMp4({ seconds: 0.2 }))],
    ['M4A behind free space', 'audio/mp4', () => behind(box('free', 100), makeM4a({ seconds: 0.2 }))],
    ['MP4 that begins as a DASH segment', 'video/mp4', () => behind(box('styp', 8), makeMp4({ seconds: 0.2 }))],
    ['RF64', 'audio/wav', () => makeWav({ seconds: 0.2, output: ['-rf64', 'always'] })],
    ['BW64', 'audio/wav', () => behind(Buffer.from('BW64'), withoutFirst(4, makeWav({ seconds: 0.2 })))],
    ['WAV with big-endian samples', 'audio/wav', () => behind(Buffer.from('RIFX'), withoutFirst(4, makeWav()))],
    ['MP3 behind a zero', 'audio/mpeg', () => behind(Buffer.alloc(1), makeMp3({ seconds: 0.5, output: bare }))],
    [
      'MP3 behind many zeros',
      'audio/mpeg',
      () => behind(Buffer.alloc(50_000), makeMp3({ seconds: 0.5, output: bare })),
    ],
    ['MP3 with a tag behind zeros', 'audio/mpeg', () => behind(Buffer.alloc(100), makeMp3({ seconds: 0.5 }))],
    [
      'MP3 with zeros behind its tag',
      'audio/mpeg',
      () => behind(id3(50), behind(Buffer.alloc(3_000), makeMp3({ seconds: 0.5, output: bare }))),
    ],
    [
      'MP3 behind other bytes',
      'audio/mpeg',
      () => behind(Buffer.alloc(4_000, 0x55), makeMp3({ seconds: 0.5, output: bare })),
    ],
    [
      'MP3 of 22 kHz that begins within a frame',
      'audio/mpeg',
      () => withoutFirst(100, makeMp3({ seconds: 0.5, output: [...bare, '-ar', '22050'] })),
    ],
    ['AAC that begins within a frame', 'audio/aac', () => withoutFirst(100, makeAac({ seconds: 0.5 }))],
    ['AAC with a tag', 'audio/aac', () => behind(id3(50), makeAac({ seconds: 0.2 }))],
    ['FLAC with a tag', 'audio/flac', () => behind(id3(50), makeFlac({ seconds: 0.2 }))],
    ['Ogg that begins with a skeleton', 'audio/ogg', () => behind(oggPage('fishead\0'), makeOpus({ seconds: 0.2 }))],
  ])('recognizes %s as %s', async (_what, contentType, make) => {
    expect(await sniff(await head(make()))).toMatchObject({ contentType });
  });

  it.each<[string, VideoOptions, string, (file: Buffer, variant: string) => Buffer, string[]]>([
    ['has the brand', {}, 'video/mp4', (file, brand) => withMajorBrand(brand, file), BRANDS],
    [
      'begins with',
      { container: 'mov' },
      'video/quicktime',
      (file, type) => Buffer.concat([box(type, 8), file.subarray(file.readUInt32BE(0))]),
      ['free', 'skip', 'wide', 'junk', 'pnot', 'uuid', 'PICT', 'mdat'],
    ],
  ])('recognizes a video that %s of any of its variants', async (_what, options, contentType, change, variants) => {
    const file = await makeMp4({ seconds: 0.2, ...options });
    const sniffed = await Promise.all(variants.map(async (variant) => [variant, await sniff(change(file, variant))]));
    expect(sniffed).toEqual(variants.map((variant) => [variant, { contentType, kind: 'video' }]));
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello, I am a picture')],
    ['an HLS playlist', Buffer.from('#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/x.ts\n')],
    [
      'a playlist behind an ID3 tag',
      Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.from('#EXTM3U\n#EXTINF:1,\nx.ts\n')]),
    ],
    [
      'a playlist behind ftyp',
      Buffer.concat([Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom', 'latin1'), Buffer.from('\n#EXTM3U\nx.ts\n')]),
    ],
    ['a concat script', Buffer.from("ffconcat version 1.0\nfile 'victim.mp4'\n")],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG with a prologue', Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['ImageMagick MVG', Buffer.from('push graphic-context\nviewbox 0 0 640 480\n')],
    ['PHP', Buffer.from('<?php phpinfo();')],
    ['PDF', Buffer.from('%PDF-1.4\n')],
    ['AVI under any name', Buffer.from('RIFF\x10\0\0\0AVI LIST', 'latin1')],
    ['RIFF of an unknown form', Buffer.from('RIFF\x10\0\0\0XXXXfmt ', 'latin1')],
    ['a PNG signature that went through a text-mode transfer', Buffer.from('\x89PNG\n\x1a\n\0\0\0\rIHDR', 'latin1')],
    ['a PNG without its 7th signature bit', Buffer.from('\x89PNG\r\n\x1a\x8a\0\0\0\rIHDR', 'latin1')],
    ['a JPEG behind free space', Buffer.concat([box('free', 8), Buffer.from('ffd8ffe000104a464946', 'hex')])],
    ['free space alone', box('free', 8)],
    ['Theora', oggPage('\x80theora')],
    ['Theora with a skeleton and a sound', Buffer.concat(['fishead\0', '\x80theora', '\x01vorbis'].map(oggPage))],
    ['many random bytes', randomBytes(SNIFF_BYTES)],
    ['ZIP', Buffer.from('PK\x03\x04\x14\0\0\0\0\0', 'latin1')],
    ['random bytes', Buffer.from('8f41b6a7c3e12d5590aa', 'hex')],
  ])('rejects %s', async (_what, bytes) => {
    expect(await sniff(bytes)).toBeNull();
  });
});
