import sharp from 'sharp';
import { ffmpeg, seededRandom } from '#testing';
import type { Input } from './subject';

const [WIDTH, HEIGHT] = [4_000, 3_000];
/** Sizes of the details of a photograph, as widths of noise that is enlarged to the picture. */
const DETAILS = [8, 60, 500, 2_000];
const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;

/** Makes JPEGs of 12 megapixels and some MB, with details of every size; the same for the same seed. */
export async function makePhotographs(count: number, seed: number): Promise<Input[]> {
  const random = seededRandom(seed);
  const photographs: Input[] = [];
  for (let made = 0; made < count; made += 1) {
    const [base, ...layers] = await Promise.all(DETAILS.map((width) => noise(width, random)));
    const overlays = layers.map((input) => ({ input, raw, blend: 'soft-light' as const }));
    const jpeg = await sharp(base, { raw }).composite(overlays).jpeg({ quality: 92 }).toBuffer();
    photographs.push({ filename: 'photograph.jpg', bytes: new Uint8Array(jpeg) });
  }
  return photographs;
}

function noise(width: number, random: () => number): Promise<Buffer> {
  const height = Math.round((width * HEIGHT) / WIDTH);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
    .raw()
    .toBuffer();
}

/** Makes clips of 720p with H.264 and AAC, with noise from a seed. */
export function makeClips(count: number, seed: number, seconds: number): Promise<Input[]> {
  return make(count, async (number) => {
    const picture = `testsrc2=s=1280x720:r=30:d=${seconds},noise=alls=8:allf=t:all_seed=${seed + number}`;
    const sound = `anoisesrc=d=${seconds}:c=pink:a=0.2:seed=${seed + number}`;
    const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound];
    const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-f', 'mp4'];
    return { filename: 'clip.mp4', bytes: await bytesOf([...inputs, ...codecs]) };
  });
}

/** Makes MP3 and WAV in turn, of noise from a seed. */
export function makeSounds(count: number, seed: number, seconds: number): Promise<Input[]> {
  return make(count, async (number) => {
    const [format, codec] = number % 2 === 0 ? ['mp3', 'libmp3lame'] : ['wav', 'pcm_s16le'];
    const source = `anoisesrc=d=${seconds}:c=pink:a=0.5:seed=${seed + number}`;
    const options = ['-f', 'lavfi', '-i', source, '-ac', '2', '-c:a', codec!, '-f', format!];
    return { filename: `sound.${format}`, bytes: await bytesOf(options) };
  });
}

const bytesOf = async (options: string[]) => new Uint8Array(await ffmpeg(options));

async function make(count: number, one: (number: number) => Promise<Input>): Promise<Input[]> {
  const made: Input[] = [];
  for (let number = 0; number < count; number += 1) made.push(await one(number));
  return made;
}
