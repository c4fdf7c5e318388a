import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { MediaStats } from '#contracts';
import { seededRandom, type ApiClient } from '#testing';
import type { Product } from '../soak/product';

const [WIDTH, HEIGHT] = [4_000, 3_000];
/** Sizes of the details of a photograph, as widths of noise that is enlarged to the picture. */
const DETAILS = [8, 60, 500, 2_000];
const CLIENTS = 4;

export interface Measurement {
  seconds: number;
  /** By process; `sharp` for work in this one. */
  cpuSeconds: Record<string, number>;
}

/** Makes JPEGs of 12 megapixels and some MB, with details of every size; the same for the same seed. */
export async function makePhotographs(count: number, seed: number): Promise<Array<Uint8Array<ArrayBuffer>>> {
  const random = seededRandom(seed);
  const photographs: Array<Uint8Array<ArrayBuffer>> = [];
  for (let made = 0; made < count; made += 1) {
    const [base, ...layers] = await Promise.all(DETAILS.map((width) => noise(width, random)));
    const overlays = layers.map((input) => ({ input, raw, blend: 'soft-light' as const }));
    const jpeg = sharp(base, { raw }).composite(overlays).jpeg({ quality: 92 });
    photographs.push(new Uint8Array(await jpeg.toBuffer()));
  }
  return photographs;
}

const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;

function noise(width: number, random: () => number): Promise<Buffer> {
  const height = Math.round((width * HEIGHT) / WIDTH);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
    .raw()
    .toBuffer();
}

/** Uploads `count` photographs by four clients. Measures from the first byte until the last is completed. */
export async function processByProduct(
  product: Product,
  api: ApiClient,
  photographs: ReadonlyArray<Uint8Array<ArrayBuffer>>,
  count: number,
): Promise<Measurement> {
  const stats = () => api.expect<MediaStats>(200, 'GET', '/api/media/stats');
  const { completed: before } = await stats();
  const cpuBefore = await product.cpuSeconds();
  const startedAt = performance.now();
  let next = 0;
  const send = async () => {
    while (next < count) {
      const number = next++;
      await api.upload(photographs[number % photographs.length]!, { filename: `${number}.jpg` });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, send));
  while ((await stats()).completed < before + count) await sleep(100);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuSeconds: Record<string, number> = {};
  for (const [role, after] of await product.cpuSeconds()) cpuSeconds[role] = after - (cpuBefore.get(role) ?? 0);
  return { seconds, cpuSeconds };
}

type Make = (photograph: Uint8Array) => Promise<unknown>;

/** Runs a pipeline for `count` photographs, two at a time, in this process. */
export async function processBySharp(
  make: Make,
  photographs: readonly Uint8Array[],
  count: number,
): Promise<Measurement> {
  sharp.concurrency(1);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const run = async () => {
    while (next < count) await make(photographs[next++ % photographs.length]!);
  };
  await Promise.all([run(), run()]);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds: (performance.now() - startedAt) / 1_000, cpuSeconds: { sharp: (user + system) / 1e6 } };
}

/** The sizes and settings of Immich: a preview of 1440 on the short side, and a thumbnail of 250. */
export const atImmichSizes: Make = (photograph) => {
  const image = sharp(photograph).autoOrient();
  const fit = { fit: 'outside', withoutEnlargement: true } as const;
  const preview = image.clone().resize(1_440, 1_440, fit).jpeg({ quality: 80, chromaSubsampling: '4:4:4' });
  return Promise.all([preview.toBuffer(), image.clone().resize(250, 250, fit).webp({ quality: 80 }).toBuffer()]);
};

const inside = (side: number) => ({ width: side, height: side, fit: 'inside' }) as const;

/** The derived files of the product, with its settings. */
export const atOurSizes: Make = async (photograph) => {
  const { data, info } = await sharp(photograph)
    .autoOrient()
    .resize(inside(1_600))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = { raw: { width: info.width, height: info.height, channels: info.channels } };
  await sharp(data, pixels).jpeg({ quality: 80 }).toBuffer();
  return sharp(data, pixels).resize(inside(480)).webp({ quality: 80, effort: 2 }).toBuffer();
};
