import {
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
  seededRandom,
} from '#testing';

export interface ValidFile {
  name: string;
  bytes: Buffer;
}

/** No random ids, so that a seed reproduces the same bytes. */
const reproducible = ['-fflags', '+bitexact', '-flags', '+bitexact'];
const small = { seconds: 0.6, width: 96, height: 64, framesPerSecond: 10, output: reproducible } as const;
const short = { seconds: 0.6, output: reproducible } as const;

/** One small file of every accepted format, in the variants that are read differently. */
export async function validFiles(): Promise<ValidFile[]> {
  const cover = await makePng({ width: 32, height: 32 });
  const exif = { IFD0: { Make: 'Acme', Model: 'One' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '47/1 22/1 0/1' } };
  const made: Record<string, Promise<Buffer>> = {
    'plain.jpg': makeJpeg({ width: 160, height: 120 }),
    'progressive.jpg': makeJpeg({ width: 160, height: 120, progressive: true, orientation: 6, exif }),
    'opaque.png': makePng({ width: 120, height: 90, exif }),
    'clear.png': makePng({ width: 64, height: 64, background: { r: 9, g: 99, b: 200, alpha: 0.5 } }),
    'still.gif': makeGif({ frames: 1 }),
    'animated.gif': makeGif(),
    'picture.webp': makeWebp({ width: 120, height: 90, exif }),
    'picture.tiff': makeTiff({ width: 64, height: 48 }),
    'picture.avif': makeAvif({ width: 64, height: 48 }),
    'picture.heic': makeHeic({ exif }),
    'tiles.heic': makeHeic({ size: [128, 128], grid: [2, 2], rotation: 1, extra: 'depth' }),
    'end.mp4': makeMp4(small),
    'start.mp4': makeMp4({ ...small, output: [...reproducible, '-movflags', '+faststart'] }),
    'fragmented.mp4': makeMp4({ ...small, output: [...reproducible, '-movflags', 'frag_keyframe+empty_moov'] }),
    'turned.mp4': makeMp4({ ...small, rotation: 90 }),
    'old.mov': makeMp4({ ...small, container: 'mov', videoCodec: 'mpeg4' }),
    'film.mkv': makeMp4({ ...small, container: 'matroska', audioCodec: 'libmp3lame' }),
    'film.webm': makeMp4({ ...small, container: 'webm', videoCodec: 'libvpx-vp9', audioCodec: 'libopus' }),
    'sound.mp3': makeMp3({ ...short, tags: { title: 'A', artist: 'B' }, cover }),
    'sound.m4a': makeM4a({ ...short, tags: { title: 'A' } }),
    'sound.flac': makeFlac({ ...short, tags: { title: 'A' } }),
    'sound.ogg': makeOpus(short),
    'sound.wav': makeWav(short),
    'float.wav': makeWav({ ...short, codec: 'pcm_f32le' }),
  };
  return Promise.all(Object.entries(made).map(async ([name, bytes]) => ({ name, bytes: await bytes })));
}

/** Returns broken file number `index` of a seed; each can be reproduced alone. */
export function mutant(valid: readonly ValidFile[], seed: number, index: number): ValidFile {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) + index);
  random(); // the first numbers of neighbouring seeds are alike
  const below = (limit: number) => Math.floor(random() * limit);
  const file = valid[below(valid.length)]!;
  const how = (['flips', 'truncated', 'spliced'] as const)[index % 3]!;
  if (how === 'flips') return { name: `${how}-${file.name}`, bytes: flip(file.bytes, below) };
  if (how === 'truncated')
    return { name: `${how}-${file.name}`, bytes: file.bytes.subarray(0, 1 + below(file.bytes.length - 1)) };
  const other = valid[below(valid.length)]!;
  return {
    name: `${how}-${other.name}-${file.name}`,
    bytes: Buffer.concat([
      file.bytes.subarray(0, below(file.bytes.length)),
      other.bytes.subarray(below(other.bytes.length)),
    ]),
  };
}

const EXTREMES = [0x00, 0x7f, 0x80, 0xff];
const HEAD_BYTES = 1_024;

/** Changes 1 to 32 bytes, half of them in the first 1024, which hold sizes and counts. */
function flip(bytes: Buffer, below: (limit: number) => number): Buffer {
  const flipped = Buffer.from(bytes);
  for (let left = 1 + below(32); left > 0; left -= 1) {
    const at = below(below(2) === 0 ? Math.min(HEAD_BYTES, bytes.length) : bytes.length);
    flipped[at] = below(2) === 0 ? EXTREMES[below(EXTREMES.length)]! : flipped[at]! ^ (1 << below(8));
  }
  return flipped;
}
