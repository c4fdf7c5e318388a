import type { Input } from '../ffmpeg/ffmpeg';
import { measurePlayback } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { MediaFailure } from '../media-failure';
import { measureAudio, type DecodedAudio } from './waveform';

export interface AudioTrack {
  audioStream: Stream;
  decoded: DecodedAudio;
}

type OnSeconds = (seconds: number) => void;

/** Each attempt starts an ffmpeg process: a limit for files with thousands of broken tracks. */
const MAX_ATTEMPTS = 8;

/**
 * Decodes the first of the given audio streams that can be decoded.
 * @throws {MediaFailure} the failure of the first stream when none can be decoded: `unsupported_codec`, `invalid_media`
 *   or `no_media_stream`
 */
export async function decodeFirstTrack(
  input: Input,
  audioStreams: Stream[],
  onSeconds: OnSeconds,
): Promise<AudioTrack> {
  const failures: MediaFailure[] = [];
  for (const audioStream of audioStreams.slice(0, MAX_ATTEMPTS)) {
    try {
      const decoded = await measureAudio(input, audioStream.index, onSeconds);
      if (decoded.durationSeconds > 0) return { audioStream, decoded };
      failures.push(new MediaFailure('no_media_stream', 'no sample could be decoded'));
    } catch (error) {
      if (!isAboutTrack(error)) throw error;
      failures.push(error);
    }
  }
  throw failures[0] ?? new MediaFailure('no_media_stream', 'no audio track');
}

/** Whether another track of the file may still be decodable; limits of time and memory apply to the whole file. */
const isAboutTrack = (error: unknown): error is MediaFailure =>
  error instanceof MediaFailure && ['unsupported_codec', 'invalid_media', 'no_media_stream'].includes(error.code);

/**
 * Returns the audio track of a video to play, or a sentence why it cannot be played; neither for a video without audio
 * or with an empty audio track.
 * @throws {MediaFailure} for failures of the whole file
 */
export async function audioOfVideo(input: Input, audioStreams: Stream[], onSeconds: OnSeconds): Promise<VideoAudio> {
  const [first] = audioStreams;
  if (!first) return {};
  try {
    return { track: await decodeFirstTrack(input, audioStreams, onSeconds) };
  } catch (error) {
    if (!isAboutTrack(error)) throw error;
    if ((await measurePlayback(input, [first.index])).seconds === 0) return {};
    const reason = error.code === 'unsupported_codec' ? 'is not supported' : 'is known, but its data is damaged';
    return { unplayable: `It cannot be played: the codec ${codecName(first)} ${reason}.` };
  }
}

export interface VideoAudio {
  track?: AudioTrack;
  unplayable?: string;
}

/** The codec's name in ffmpeg, else the container's. */
function codecName({ codec_name, codec_tag_string }: Stream): string {
  const tag = /^[\w .-]+$/.test(codec_tag_string) ? codec_tag_string.trim() : 'unknown';
  return codec_name || tag;
}
