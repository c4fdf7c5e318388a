import { join } from 'node:path';
import type { Metadata } from 'sharp';
import { formatOf, type DerivedFile } from '#contracts';
import type { Facts, Job, OnProgress } from '../job';
import { MediaFailure } from '../media-failure';
import { once, runSteps, type Step } from '../steps';
import { type AvifSequence, readAvifSequence } from './avif-sequence';
import { readColourSpace } from './colour/embedded-colour';
import { assertAffordable, MAX_ANIMATION_PIXELS } from './decoding-cost';
import { dominantColour } from './dominant-colour';
import { cameraFacts } from './exif';
import { type GifCanvas, readGifCanvas } from './gif-canvas';
import { openHeic } from './heic/heic';
import {
  decode,
  PREVIEW_SIDE,
  readHeader,
  type Pixels,
  writeAnimation,
  writeJpeg,
  writeThumbnail,
  writeWebp,
} from './picture';

interface ImageContext {
  inputPath: string;
  outputDir: string;
  header: Metadata;
  sequence: AvifSequence | null;
  canvas: GifCanvas | null;
  /** The decoded image, at the size of the preview. */
  pixels: () => Promise<Pixels>;
}

/** The steps of an image. Add a new fact or rendition here. */
const steps: ReadonlyArray<Step<ImageContext>> = [
  {
    name: 'facts',
    weight: 10,
    run: async ({ header, canvas, sequence }) => ({
      kind: 'image',
      width: canvas?.width ?? header.autoOrient.width,
      height: canvas?.height ?? header.autoOrient.height,
      durationSeconds: sequence?.seconds ?? animationSeconds(header),
      codecs: [codecOf(header)],
      metadata: {
        ...cameraFacts(header.exif),
        ...pictureFacts(header, canvas),
        ...(sequence && { frames: sequence.frames }),
      },
    }),
  },
  {
    name: 'thumbnail',
    weight: 60,
    run: async ({ pixels, outputDir }) => {
      const { thumbnail, placeholder } = await writeThumbnail(await pixels(), outputDir);
      return { placeholder, derived: { thumbnail } };
    },
  },
  {
    name: 'dominant colour',
    weight: 1,
    run: async ({ pixels }) => ({ metadata: { dominantColour: await dominantColour(await pixels()) } }),
  },
  {
    name: 'preview',
    weight: 30,
    run: async (context) => {
      return { derived: { preview: (await animatedPreview(context)) ?? (await stillPreview(context)) } };
    },
  },
];

/** Analyses an image: facts, thumbnail and preview. @throws {MediaFailure} */
export async function analyseImage({ contentType, inputPath, outputDir }: Job, onProgress: OnProgress): Promise<Facts> {
  const { decodeTo, ...image } = await open(contentType, inputPath);
  const pixels = once(() => decodeTo(PREVIEW_SIDE));
  return runSteps(steps, { inputPath, outputDir, ...image, pixels }, onProgress);
}

type OpenImage = Pick<ImageContext, 'header' | 'sequence' | 'canvas'> & {
  decodeTo: (longestSide: number) => Promise<Pixels>;
};

/** Opens an image with the reader of its format alone. @throws {MediaFailure} */
async function open(contentType: string, path: string): Promise<OpenImage> {
  const reader = formatOf(contentType)?.reader;
  if (reader && 'library' in reader) return { ...(await openHeic(path)), sequence: null, canvas: null };
  const sequence = await readAvifSequence(path);
  const source = sequence?.still ?? path;
  const header = await readHeader(source);
  if (!reader || !('loader' in reader) || header.format !== reader.sharpFormat)
    throw new MediaFailure('invalid_media', `${header.format} inside ${contentType}`);
  const canvas = await readGifCanvas(path, header);
  if (canvas) assertAffordable({ ...header, ...canvas });
  const decodeTo = async (longestSide: number) =>
    decode(source, longestSide, { colourSpace: await readColourSpace(source), canvas });
  return { header, sequence, canvas, decodeTo };
}

function codecOf({ format, compression }: Metadata): string {
  if (compression === 'av1') return 'avif';
  return compression === 'hevc' ? 'hevc' : format;
}

const isAnimated = (header: Metadata) =>
  (header.pages ?? 1) > 1 && (header.format === 'gif' || header.format === 'webp');

/**
 * The preview of a JPEG, which is a photograph without alpha, is a JPEG too: encoding it takes a quarter of the time of
 * WebP. In other formats drawings with sharp edges are frequent, around which a JPEG shows artefacts.
 */
async function stillPreview({ header, pixels, outputDir }: ImageContext): Promise<DerivedFile> {
  return header.format === 'jpeg'
    ? writeJpeg(await pixels(), outputDir, 'preview.jpg')
    : writeWebp(await pixels(), outputDir, 'preview.webp');
}

/** Writes an animated preview; null (the preview is the first frame) for a still image or too many pixels. */
async function animatedPreview({ header, canvas, inputPath, outputDir }: ImageContext): Promise<DerivedFile | null> {
  const frames = header.pages ?? 1;
  const { width, height } = canvas ?? header;
  if (!isAnimated(header) || frames * width * height > MAX_ANIMATION_PIXELS) return null;
  const name = 'preview.webp';
  try {
    await writeAnimation(inputPath, frames, canvas, join(outputDir, name));
    return { name, contentType: 'image/webp' };
  } catch (error) {
    if (error instanceof MediaFailure) return null; // later frames are truncated or too complex: use the first one
    throw error;
  }
}

/** Duration of an animation; browsers show a frame of 10 ms or less for 100 ms. */
function animationSeconds(header: Metadata): number | null {
  if (!isAnimated(header)) return null;
  const delaysMs = (header.delay ?? []).map((delay) => (delay <= 10 ? 100 : delay));
  return delaysMs.reduce((sum, delay) => sum + delay, 0) / 1_000;
}

function pictureFacts(header: Metadata, canvas: GifCanvas | null): Record<string, unknown> {
  return {
    orientation: header.orientation,
    colourSpace: header.space,
    hasAlpha: header.hasAlpha || canvas !== null,
    bitsPerSample: header.bitsPerSample,
    densityDpi: header.density,
    frames: isAnimated(header) ? header.pages : undefined,
  };
}
