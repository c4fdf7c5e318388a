import type { Input } from '../ffmpeg/ffmpeg';
import type { Probe, Stream } from '../ffmpeg/probe';

const MAX_CHAPTERS = 50;

/** An audio or video file to analyse. */
export interface AvInput {
  input: Input;
  outputDir: string;
  probed: Probe;
  /** Audio streams in the order of the container; some may not be decodable. */
  audioStreams: Stream[];
}

/** Reports seconds as a fraction of `wholeSeconds`; capped at 1, since the duration in a header may be wrong. */
export const partOf = (onPart: (part: number) => void, wholeSeconds: number) => (seconds: number) =>
  onPart(Math.min(1, seconds / Math.max(wholeSeconds, 1)));

export function chapterFacts({ probed }: AvInput): Record<string, unknown> {
  const chapters = probed.chapters
    .slice(0, MAX_CHAPTERS)
    .map(({ start_time, tags }) => ({ title: tags.title, startSeconds: start_time }));
  return chapters.length > 0 ? { chapters } : {};
}

export interface Size {
  width: number;
  height: number;
}

/**
 * The size in pixels as displayed: with square pixels, rotated by the display matrix. From the size of the decoder, not
 * of the track header.
 */
export function displayedSize({ width, height, sample_aspect_ratio, side_data_list }: Stream): Size {
  const [across = 1, down = 1] = sample_aspect_ratio.split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const displayed = { width: Math.max(1, Math.round(width * aspect)), height };
  const isRotated = Math.abs(side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  return isRotated ? { width: displayed.height, height: displayed.width } : displayed;
}
