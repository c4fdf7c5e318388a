import { type Input, stream } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import { contrast, decode, type Pixels, PREVIEW_SIDE } from '../image/picture';
import { MediaFailure } from '../media-failure';
import { toneMapping } from './tone-mapping';

/** Where to look, as parts of the whole. The very first frame is often black: it comes last. */
const MOMENTS = [0.1, 0.3, 0.5, 0.75, 0];
/** Square pixels, no larger than a preview, never enlarged. ffmpeg has turned the frame already. */
const UPRIGHT = [
  "scale='max(1,round(iw*sar))':ih",
  'setsar=1',
  `scale='min(iw,${PREVIEW_SIDE})':'min(ih,${PREVIEW_SIDE})':force_original_aspect_ratio=decrease`,
];
/** A frame of this contrast shows something; black, white and fades stay below 10. */
const GOOD_CONTRAST = 25;

/**
 * The frame that stands for a video: upright, with square pixels.
 * @throws {MediaFailure} `invalid_media` when not a single frame can be decoded.
 */
export async function findPoster(input: Input, picture: Stream, durationSeconds: number): Promise<Pixels> {
  const filters = [...UPRIGHT, ...(await toneMapping(picture)), 'format=rgb24'].join(',');
  let best: { pixels: Pixels; contrast: number } | null = null;
  for (const moment of MOMENTS) {
    const pixels = await frameAt({ ...input, options: seek(moment * durationSeconds) }, picture, filters);
    if (!pixels) continue;
    const found = { pixels, contrast: await contrast(pixels) };
    if (!best || found.contrast > best.contrast) best = found;
    if (best.contrast >= GOOD_CONTRAST) break;
  }
  if (!best) throw new MediaFailure('invalid_media', 'no frame could be decoded');
  return best.pixels;
}

const seek = (seconds: number) => (seconds > 0 ? ['-ss', seconds.toFixed(3)] : []);

/** By a pipe, not a file: on a full disk ffmpeg leaves half a frame there, which would look like a broken film. */
async function frameAt(input: Input, picture: Stream, filters: string): Promise<Pixels | null> {
  const chunks: Buffer[] = [];
  try {
    await stream(
      input,
      ['-map', `0:${picture.index}`, '-frames:v', '1', '-vf', filters, '-c:v', 'png', '-f', 'image2pipe'],
      (chunk) => void chunks.push(chunk),
    );
    const png = Buffer.concat(chunks);
    return png.length > 0 ? await decode(png, PREVIEW_SIDE) : null; // past the last frame ffmpeg writes nothing and is content
  } catch (error) {
    if (error instanceof MediaFailure && error.code === 'invalid_media') return null; // other moments may be whole
    throw error;
  }
}
