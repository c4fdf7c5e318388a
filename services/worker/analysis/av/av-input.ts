import type { Input } from '../ffmpeg/ffmpeg';
import type { Probe, Stream } from '../ffmpeg/probe';

const MAX_CHAPTERS = 50;

/** An audio or video file to analyse. */
export interface AvInput {
  input: Input;
  outputDir: string;
  probed: Probe;
  /** Audio streams, those that players choose first; some may not be decodable. */
  audioStreams: Stream[];
}

/** Returns the streams of a kind, those that players choose first: enabled in MP4 (`tkhd`), default in Matroska. */
export function tracksToPlay({ streams }: Probe, type: 'audio' | 'video'): Stream[] {
  return streams
    .filter((stream) => stream.codec_type === type && !isStillImage(stream))
    .toSorted((a, b) => rank(b) - rank(a));
}

/** The index of the track of a kind that browsers play: the first one, enabled or not. */
export const firstTrack = ({ probed }: AvInput, type: 'audio' | 'video'): number | undefined =>
  probed.streams.find((stream) => stream.codec_type === type && !isStillImage(stream))?.index;

/**
 * Whether the header says how long the file plays: browsers, like ffprobe, believe a wrong Xing header of MP3 or the
 * bit rate at the start of MP3 and AAC without one, show a wrong length and cannot seek.
 */
export function saysItsLength({ probed }: AvInput, seconds: number): boolean {
  const tolerance = Math.min(0.5, Math.max(0.1, seconds / 10)); // encoder delay, the last frame
  return Math.abs(probed.format.duration - seconds) <= tolerance;
}

/** Cover art and preview images are video streams too. */
const isStillImage = ({ disposition }: Stream) =>
  disposition.attached_pic === 1 || disposition.timed_thumbnails === 1 || disposition.still_image === 1;

const rank = (stream: Stream) => 2 * (stream.disposition.default ?? 0) + (isSlide(stream) ? 0 : 1);

/** A picture that the container does not mark as one. */
const isSlide = ({ nb_frames, codec_name }: Stream) =>
  nb_frames === 1 || ['mjpeg', 'png', 'gif', 'bmp', 'tiff', 'webp'].includes(codec_name);

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
