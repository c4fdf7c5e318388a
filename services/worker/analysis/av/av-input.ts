import type { Input } from '../ffmpeg/ffmpeg';
import type { Probe, Stream } from '../ffmpeg/probe';

const MAX_CHAPTERS = 50;

/** A file that plays. */
export interface AvInput {
  input: Input;
  outputDir: string;
  probed: Probe;
  /** Its sound tracks, as the container orders them. Which of them can be decoded shows when it is tried. */
  sounds: Stream[];
}

/** Reports seconds done as a part of the whole. Headers lie about the whole: never more than 1. */
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

/** Pixels as a player shows them: with square pixels, turned by the display matrix. The decoder's size, not the track header's. */
export function displayedSize({ width, height, sample_aspect_ratio, side_data_list }: Stream): Size {
  const [across = 1, down = 1] = sample_aspect_ratio.split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const shown = { width: Math.max(1, Math.round(width * aspect)), height };
  const turned = Math.abs(side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  return turned ? { width: shown.height, height: shown.width } : shown;
}
