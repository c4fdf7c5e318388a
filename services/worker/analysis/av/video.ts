import { packetSeconds } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { writeThumbnail } from '../image/picture';
import { once, type Step } from '../steps';
import { chapterFacts, displayedSize, partOf, type AvInput } from './av-input';
import { findPoster } from './poster';
import { previewOf } from './rendition';
import { soundOfFilm, type FilmSound } from './sound-track';
import { videoTags } from './video-tags';
import { writeWaveform } from './waveform';

interface VideoContext extends AvInput {
  picture: Stream;
  sound: (onPart?: (part: number) => void) => Promise<FilmSound>;
  /** What the packets of picture and sound span, whatever headers say. */
  durationSeconds: () => Promise<number>;
}

export function videoContext(av: AvInput, picture: Stream): VideoContext {
  const { input, probed, sounds } = av;
  const sound = once((onPart: (part: number) => void = () => {}) =>
    soundOfFilm(input, sounds, partOf(onPart, probed.format.duration)),
  );
  const durationSeconds = once(async () => {
    const { track } = await sound();
    return packetSeconds(input, track ? [picture.index, track.sound.index] : [picture.index]);
  });
  return { ...av, picture, sound, durationSeconds };
}

/** The steps of a film; a silent one where no sound can be decoded. A new fact or rendition is a step here. */
export const videoSteps: ReadonlyArray<Step<VideoContext>> = [
  {
    name: 'sound',
    weight: 20,
    run: async ({ picture, sound }, onPart) => {
      const { track, unplayable } = await sound(onPart);
      return {
        kind: 'video',
        codecs: [picture.codec_name, ...(track ? [track.sound.codec_name] : [])],
        metadata: { sound: unplayable },
      };
    },
  },
  {
    name: 'size and length',
    weight: 5,
    run: async ({ picture, durationSeconds }) => ({
      ...displayedSize(picture),
      durationSeconds: await durationSeconds(),
    }),
  },
  {
    name: 'tags',
    weight: 1,
    run: async (context) => ({ metadata: { ...videoTags(context.probed, context.picture), ...chapterFacts(context) } }),
  },
  {
    name: 'thumbnail',
    weight: 5,
    run: async ({ input, picture, durationSeconds, outputDir }) => {
      const poster = await findPoster(input, picture, await durationSeconds());
      const { thumbnail, placeholder } = await writeThumbnail(poster, outputDir);
      return { placeholder, derived: { thumbnail } };
    },
  },
  {
    name: 'preview',
    weight: 68,
    run: async (context, onPart) => {
      const { picture } = context;
      const { track } = await context.sound();
      const durationSeconds = await context.durationSeconds();
      const film = { picture, sound: track?.sound, size: displayedSize(picture) };
      return { derived: { preview: await previewOf(context, film, partOf(onPart, durationSeconds)) } };
    },
  },
  {
    name: 'waveform',
    weight: 1,
    run: async ({ sound, outputDir }) => {
      const { track } = await sound();
      return { derived: { waveform: track ? await writeWaveform(track.decoded, outputDir) : null } };
    },
  },
];
