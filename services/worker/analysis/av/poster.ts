import { type Input, stream } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import { contrast, decode, type Pixels, PREVIEW_SIDE } from '../image/picture';
import { MediaFailure } from '../media-failure';
import { toneMapping } from './tone-mapping';

/** Candidate positions as fractions of the duration. The first frame is often black, so it comes last. */
const POSITIONS = [0.1, 0.3, 0.5, 0.75, 0];
/** Square pixels, at most the size of a preview, never enlarged. ffmpeg has already rotated the frame. */
export const UPRIGHT = [
  "scale='max(1,round(iw*sar))':ih",
  'setsar=1',
  `scale='min(iw,${PREVIEW_SIDE})':'min(ih,${PREVIEW_SIDE})':force_original_aspect_ratio=decrease`,
];
/** A frame of this contrast is good enough; black, white and fades stay below 10. */
const GOOD_CONTRAST = 25;

/**
 * Finds the frame that represents a video, upright and with square pixels.
 * @throws {MediaFailure} `invalid_media` when no frame can be decoded
 */
export async function findPoster(input: Input, videoStream: Stream, durationSeconds: number): Promise<Pixels> {
  const filters = [...UPRIGHT, ...(await toneMapping(videoStream)), 'format=rgb24'].join(',');
  let best: { pixels: Pixels; contrast: number } | null = null;
  for (const position of POSITIONS) {
    const pixels = await frameAt({ ...input, options: seek(position * durationSeconds) }, videoStream, filters);
    if (!pixels) continue;
    const found = { pixels, contrast: await contrast(pixels) };
    if (!best || found.contrast > best.contrast) best = found;
    if (best.contrast >= GOOD_CONTRAST) break;
  }
  if (!best) throw new MediaFailure('invalid_media', 'no frame could be decoded');
  return best.pixels;
}

const seek = (seconds: number) => (seconds > 0 ? ['-ss', seconds.toFixed(3)] : []);

/**
 * Decodes the frame at a position; null when there is none. Through a pipe, not a file: on a full disk ffmpeg leaves
 * half a frame, which would look like a broken video.
 */
async function frameAt(input: Input, videoStream: Stream, filters: string): Promise<Pixels | null> {
  const chunks: Buffer[] = [];
  try {
    await stream(
      input,
      ['-map', `0:${videoStream.index}`, '-frames:v', '1', '-vf', filters, '-c:v', 'png', '-f', 'image2pipe'],
      (chunk) => void chunks.push(chunk),
    );
    const png = Buffer.concat(chunks);
    // past the last frame ffmpeg writes nothing and exits with 0
    return png.length > 0 ? await decode(png, PREVIEW_SIDE) : null;
  } catch (error) {
    if (error instanceof MediaFailure && error.code === 'invalid_media') return null; // other frames may be intact
    throw error;
  }
}
