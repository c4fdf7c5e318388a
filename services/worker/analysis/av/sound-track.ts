import type { Input } from '../ffmpeg/ffmpeg';
import { packetSeconds } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { MediaFailure } from '../media-failure';
import { measureAudio, type Sound } from './waveform';

export interface SoundTrack {
  sound: Stream;
  decoded: Sound;
}

type OnSeconds = (seconds: number) => void;

/** Each try starts an ffmpeg: a file with thousands of broken tracks is not worth thousands of them. */
const MAX_TRIES = 8;

/**
 * The first of the given sound tracks that can be decoded.
 * @throws {MediaFailure} why the first one cannot, when none can: `unsupported_codec`, `invalid_media` or
 * `no_media_stream`.
 */
export async function decodeSound(input: Input, sounds: Stream[], onSeconds: OnSeconds): Promise<SoundTrack> {
  const failures: MediaFailure[] = [];
  for (const sound of sounds.slice(0, MAX_TRIES)) {
    try {
      const decoded = await measureAudio(input, sound.index, onSeconds);
      if (decoded.durationSeconds > 0) return { sound, decoded };
      failures.push(new MediaFailure('no_media_stream', 'no sample could be decoded'));
    } catch (error) {
      if (!isAboutTrack(error)) throw error;
      failures.push(error);
    }
  }
  throw failures[0] ?? new MediaFailure('no_media_stream', 'no sound track');
}

/** Whether another track of the same file may be better; limits of time and memory are about the whole. */
const isAboutTrack = (error: unknown): error is MediaFailure =>
  error instanceof MediaFailure && ['unsupported_codec', 'invalid_media', 'no_media_stream'].includes(error.code);

/**
 * The sound of a film: the track to play, or in words why it cannot be played. Neither for a film without sound, also
 * one whose sound track is empty.
 * @throws {MediaFailure} about the whole file.
 */
export async function soundOfFilm(input: Input, sounds: Stream[], onSeconds: OnSeconds): Promise<FilmSound> {
  const [first] = sounds;
  if (!first) return {};
  try {
    return { track: await decodeSound(input, sounds, onSeconds) };
  } catch (error) {
    if (!isAboutTrack(error)) throw error;
    if ((await packetSeconds(input, [first.index])) === 0) return {};
    const reason = error.code === 'unsupported_codec' ? 'is not supported' : 'is known, but its data is damaged';
    return { unplayable: `It cannot be played: the codec ${codecName(first)} ${reason}.` };
  }
}

export interface FilmSound {
  track?: SoundTrack;
  unplayable?: string;
}

/** As ffmpeg names it, else as the container does. */
function codecName({ codec_name, codec_tag_string }: Stream): string {
  const ofContainer = /^[\w .-]+$/.test(codec_tag_string) ? codec_tag_string.trim() : 'unknown';
  return codec_name || ofContainer;
}
