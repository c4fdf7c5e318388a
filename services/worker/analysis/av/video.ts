import { measurePlayback, type Playback } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { writeThumbnail } from '../image/picture';
import { once, type Step } from '../steps';
import { audioOfVideo, type VideoAudio } from './audio-track';
import { chapterFacts, displayedSize, partOf, type AvInput } from './av-input';
import { findPoster } from './poster';
import { writePreview } from './rendition';
import { videoTags } from './video-tags';
import { writeWaveform } from './waveform';

interface VideoContext extends AvInput {
  videoStream: Stream;
  audio: (onPart?: (part: number) => void) => Promise<VideoAudio>;
  /** Measured on the packets of both streams. */
  playback: () => Promise<Playback>;
}

export function videoContext(av: AvInput, videoStream: Stream): VideoContext {
  const { input, probed, audioStreams } = av;
  const audio = once((onPart: (part: number) => void = () => {}) =>
    audioOfVideo(input, audioStreams, partOf(onPart, probed.format.duration)),
  );
  const playback = once(async () => {
    const { track } = await audio();
    return measurePlayback(input, track ? [videoStream.index, track.audioStream.index] : [videoStream.index]);
  });
  return { ...av, videoStream, audio, playback };
}

/** The steps of a video; without audio when no track can be decoded. Add a new fact or rendition here. */
export const videoSteps: ReadonlyArray<Step<VideoContext>> = [
  {
    name: 'audio',
    weight: 20,
    run: async ({ videoStream, audio }, onPart) => {
      const { track, unplayable } = await audio(onPart);
      return {
        kind: 'video',
        codecs: [videoStream.codec_name, ...(track ? [track.audioStream.codec_name] : [])],
        metadata: { sound: unplayable },
      };
    },
  },
  {
    name: 'size and duration',
    weight: 5,
    run: async ({ videoStream, playback }) => ({
      ...displayedSize(videoStream),
      durationSeconds: (await playback()).seconds,
    }),
  },
  {
    name: 'tags',
    weight: 1,
    run: async (context) => ({
      metadata: { ...videoTags(context.probed, context.videoStream), ...chapterFacts(context) },
    }),
  },
  {
    name: 'thumbnail',
    weight: 5,
    run: async ({ input, videoStream, playback, outputDir }) => {
      const poster = await findPoster(input, videoStream, (await playback()).seconds);
      const { thumbnail, placeholder } = await writeThumbnail(poster, outputDir);
      return { placeholder, derived: { thumbnail } };
    },
  },
  {
    name: 'preview',
    weight: 68,
    run: async (context, onPart) => {
      const { videoStream } = context;
      const { track } = await context.audio();
      const playback = await context.playback();
      const source = { videoStream, audioStream: track?.audioStream, size: displayedSize(videoStream), playback };
      return { derived: { preview: await writePreview(context, source, partOf(onPart, playback.seconds)) } };
    },
  },
  {
    name: 'waveform',
    weight: 1,
    run: async ({ audio, outputDir }) => {
      const { track } = await audio();
      return { derived: { waveform: track ? await writeWaveform(track.decoded, outputDir) : null } };
    },
  },
];
