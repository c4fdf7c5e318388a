import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Exif, type OverlayOptions } from 'sharp';

const run = promisify(execFile);

export interface PictureOptions {
  width?: number;
  height?: number;
  /** EXIF orientation, 1..8. */
  orientation?: number;
  /** EXIF blocks as sharp takes them, e.g. `{ IFD0: { Make: 'Acme' }, IFD3: { GPSLatitudeRef: 'N' } }`. */
  exif?: Exif;
  /** Colour of the whole picture; default is a gradient, which compresses like a photograph. */
  background?: { r: number; g: number; b: number; alpha?: number };
  /** Noise over the picture, as the deviation of a grey of 0 to 255: makes the file as large as a camera's. */
  grain?: number;
}

/** Makes a valid, unique JPEG of exactly `sizeBytes`: readers ignore bytes after the end marker. */
export async function makeJpegOf(sizeBytes: number): Promise<Buffer<ArrayBuffer>> {
  const jpeg = await makeJpeg({ width: 64, height: 64 });
  return Buffer.concat([jpeg, randomBytes(sizeBytes - jpeg.length)]);
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function picture({ width = 320, height = 240, orientation, exif, background, grain }: PictureOptions) {
  const base = background ? plain(width, height, background) : gradient(width, height);
  const source = grain ? base.composite([noise(width, height, grain)]) : base;
  const withExif = exif ? source.withExif(exif) : source;
  return orientation ? withExif.withMetadata({ orientation }) : withExif;
}

function plain(width: number, height: number, background: NonNullable<PictureOptions['background']>) {
  return sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });
}

/** A gradient in both directions, drawn small and scaled up. */
function gradient(width: number, height: number) {
  const pixels = Buffer.alloc(64 * 64 * 3, 90);
  for (let i = 0; i < 64 * 64; i += 1) pixels.set([(i % 64) * 4, Math.floor(i / 64) * 4], i * 3);
  return sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).resize(width, height, { fit: 'fill' });
}

function noise(width: number, height: number, sigma: number): OverlayOptions {
  return {
    input: {
      create: { width, height, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 128, sigma } },
    },
    blend: 'soft-light',
  };
}

/** Makes a JPEG, 320x240 by default. */
export const makeJpeg = (options: PictureOptions & { progressive?: boolean } = {}): Promise<Buffer> =>
  picture(options)
    .jpeg({ progressive: options.progressive ?? false })
    .toBuffer();

export const makePng = (options: PictureOptions = {}): Promise<Buffer> => picture(options).png().toBuffer();

export const makeWebp = (options: PictureOptions = {}): Promise<Buffer> => picture(options).webp().toBuffer();

export const makeTiff = (options: PictureOptions = {}): Promise<Buffer> =>
  picture(options).tiff({ compression: 'lzw' }).toBuffer();

export const makeAvif = (options: PictureOptions = {}): Promise<Buffer> =>
  picture(options).avif({ effort: 0 }).toBuffer();

/** Makes an animated GIF (a still one with `frames: 1`); every frame lasts `delayMs`. */
export async function makeGif({ width = 80, height = 60, frames = 4, delayMs = 100 } = {}): Promise<Buffer> {
  const pages = Array.from({ length: frames }, (_, i) =>
    plain(width, height, { r: (i * 60) % 256, g: 40, b: 200 - ((i * 40) % 200) })
      .png()
      .toBuffer(),
  );
  if (frames === 1)
    return sharp(await pages[0]!)
      .gif()
      .toBuffer();
  return sharp(await Promise.all(pages), { join: { animated: true } })
    .gif({ delay: Array<number>(frames).fill(delayMs), loop: 0 })
    .toBuffer();
}

export interface VideoOptions {
  seconds?: number;
  width?: number;
  height?: number;
  framesPerSecond?: number;
  /** Degrees clockwise by which a player must rotate the picture. */
  rotation?: 0 | 90 | 180 | 270;
  videoCodec?: 'libx264' | 'libx265' | 'libvpx-vp9' | 'mpeg4' | 'none';
  audioCodec?: 'aac' | 'libmp3lame' | 'libopus';
  audioTracks?: number;
  /** Codec of a subtitle track, e.g. `mov_text`; none unless given. */
  subtitles?: 'mov_text' | 'srt' | 'ass';
  pixelFormat?: string;
  container?: 'mp4' | 'mov' | 'webm' | 'matroska';
  /** A lavfi source to use instead of the test pattern. */
  picture?: string;
  /** More ffmpeg output options, e.g. `['-movflags', 'frag_keyframe+empty_moov']`. */
  output?: string[];
}

/** Makes a video with a moving test pattern; by default 2 s of 320x180 H.264 with one AAC track in mp4. */
export async function makeMp4(options: VideoOptions = {}): Promise<Buffer> {
  const { seconds = 2, width = 320, height = 180, framesPerSecond = 25, container = 'mp4', audioTracks = 1 } = options;
  const { videoCodec = 'libx264', audioCodec = 'aac', pixelFormat = 'yuv420p', rotation = 0, output = [] } = options;
  const pattern = options.picture ?? `testsrc2=s=${width}x${height}:r=${framesPerSecond}`;
  const inputs = ['-f', 'lavfi', '-t', String(seconds), '-i', pattern];
  for (let i = 0; i < audioTracks; i += 1)
    inputs.push('-f', 'lavfi', '-t', String(seconds), '-i', `sine=f=${440 * (i + 1)}`);
  const maps = Array.from({ length: audioTracks }, (_, i) => ['-map', `${i + 1}:a`]).flat();
  if (options.subtitles) {
    const text = Buffer.from('1\n00:00:00,000 --> 00:00:00,400\nHello\n').toString('base64');
    inputs.push('-f', 'srt', '-i', `data:text/plain;base64,${text}`);
    maps.push('-map', `${audioTracks + 1}:s`, '-c:s', options.subtitles);
  }
  const video =
    videoCodec === 'none'
      ? []
      : ['-map', '0:v', '-c:v', videoCodec, '-pix_fmt', pixelFormat, ...fastPresets[videoCodec]];
  const made = await ffmpeg([...inputs, ...video, ...maps, '-c:a', audioCodec, ...output, '-f', container]);
  return rotation ? rotate(made, rotation) : made;
}

const fastPresets: Record<Exclude<VideoOptions['videoCodec'], 'none' | undefined>, string[]> = {
  libx264: ['-preset', 'ultrafast'],
  libx265: ['-preset', 'ultrafast', '-x265-params', 'log-level=none'],
  'libvpx-vp9': ['-deadline', 'realtime', '-cpu-used', '8'],
  mpeg4: [],
};

/** Writes the display matrix into the first track header, as phones do (ISO/IEC 14496-12, 8.3.2). */
function rotate(mp4: Buffer, degrees: 90 | 180 | 270): Buffer {
  const matrix = mp4.indexOf('tkhd') + 44;
  const [a, b, c, d] = { 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] }[degrees] as [
    number,
    number,
    number,
    number,
  ];
  mp4.writeInt32BE(a * 0x1_0000, matrix);
  mp4.writeInt32BE(b * 0x1_0000, matrix + 4);
  mp4.writeInt32BE(c * 0x1_0000, matrix + 12);
  mp4.writeInt32BE(d * 0x1_0000, matrix + 16);
  return mp4;
}

export interface SoundOptions {
  seconds?: number;
  /** Tags, e.g. `{ title: 'A', artist: 'B' }`. */
  tags?: Record<string, string>;
  /** A picture to attach as cover art. */
  cover?: Buffer;
  /** More ffmpeg output options. */
  output?: string[];
}

async function makeSound(
  format: string,
  codec: string,
  { seconds = 2, tags = {}, cover, output = [] }: SoundOptions,
): Promise<Buffer> {
  const folder = cover ? await mkdtemp(join(tmpdir(), 'cover-')) : null;
  try {
    const coverPath = folder ? join(folder, 'cover') : null;
    if (coverPath && cover) await writeFile(coverPath, cover);
    const coverInput = coverPath
      ? ['-i', coverPath, '-map', '0:a', '-map', '1:v', '-c:v', 'copy', '-disposition:v', 'attached_pic']
      : [];
    const metadata = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
    return await ffmpeg([
      '-f',
      'lavfi',
      '-t',
      String(seconds),
      '-i',
      'sine=f=440',
      ...coverInput,
      '-c:a',
      codec,
      ...metadata,
      ...output,
      '-f',
      format,
    ]);
  } finally {
    if (folder) await rm(folder, { recursive: true });
  }
}

/** Makes a sine of 440 Hz as MP3, 2 s by default. */
export const makeMp3 = (options: SoundOptions = {}): Promise<Buffer> => makeSound('mp3', 'libmp3lame', options);
export const makeM4a = (options: SoundOptions = {}): Promise<Buffer> => makeSound('ipod', 'aac', options);
export const makeAac = (options: SoundOptions = {}): Promise<Buffer> => makeSound('adts', 'aac', options);
export const makeFlac = (options: SoundOptions = {}): Promise<Buffer> => makeSound('flac', 'flac', options);
export const makeOpus = (options: SoundOptions = {}): Promise<Buffer> => makeSound('ogg', 'libopus', options);
export const makeWav = (options: SoundOptions & { codec?: string } = {}): Promise<Buffer> =>
  makeSound('wav', options.codec ?? 'pcm_s16le', options);

/** Runs ffmpeg with a seekable output file (mp4 needs one) and returns its bytes. */
/** Runs ffmpeg with these arguments and returns its output. */
export async function ffmpeg(args: string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'fixture-'));
  try {
    const path = join(folder, 'out');
    await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, path]);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
