import sharp from 'sharp';
import { inParallel, secondsOf, type Input, type Measurement } from '../subject';

type Make = (photograph: Uint8Array) => Promise<unknown>;

/** Runs a pipeline for `count` photographs, two at a time, in this process. */
export async function processBySharp(make: Make, photographs: readonly Input[], count: number): Promise<Measurement> {
  sharp.concurrency(1);
  const cpuBefore = process.cpuUsage();
  const seconds = await secondsOf(() =>
    inParallel(count, 2, (number) => make(photographs[number % photographs.length]!.bytes)),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: { sharp: (user + system) / 1e6 } };
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
