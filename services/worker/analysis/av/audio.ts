import { join } from 'node:path';
import { formatOf, type DerivedFile } from '#contracts';
import { transcode } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import { decode, type Pixels, readHeader, THUMBNAIL_SIDE, writeThumbnail } from '../image/picture';
import { MediaFailure } from '../media-failure';
import { once, type Step } from '../steps';
import { readTags, type SoundTags } from './audio-tags';
import { chapterFacts, partOf, type AvInput } from './av-input';
import { decodeSound, type SoundTrack } from './sound-track';
import { drawWaveform, writeWaveform } from './waveform';

interface AudioContext extends AvInput {
  /** The first sound track that can be decoded. */
  track: (onPart?: (part: number) => void) => Promise<SoundTrack>;
  tags: () => Promise<SoundTags>;
}

export function audioContext(av: AvInput): AudioContext {
  const { input, probed, sounds } = av;
  return {
    ...av,
    track: once((onPart = () => {}) => decodeSound(input, sounds, partOf(onPart, probed.format.duration))),
    tags: once(() => readTags(input.path)),
  };
}

/** The steps of a sound. A new fact or rendition is a step here. */
export const audioSteps: ReadonlyArray<Step<AudioContext>> = [
  {
    name: 'sound',
    weight: 60,
    run: async ({ track }, onPart) => {
      const { sound, decoded } = await track(onPart);
      return {
        kind: 'audio',
        width: null,
        height: null,
        durationSeconds: decoded.durationSeconds,
        codecs: [sound.codec_name],
        metadata: { sampleRateHz: sound.sample_rate, channels: sound.channels },
      };
    },
  },
  {
    name: 'tags',
    weight: 1,
    run: async (context) => ({ metadata: { ...(await context.tags()).facts, ...chapterFacts(context) } }),
  },
  {
    name: 'thumbnail',
    weight: 4,
    run: async ({ tags, track, outputDir }) => {
      const picture = (await coverArt((await tags()).cover)) ?? drawWaveform((await track()).decoded);
      const { thumbnail, placeholder } = await writeThumbnail(picture, outputDir);
      return { placeholder, derived: { thumbnail } };
    },
  },
  {
    name: 'preview',
    weight: 34,
    run: async (context, onPart) => {
      const { sound, decoded } = await context.track();
      const isFirst = sound === context.sounds[0]; // players take the first track
      const isPlayable = isFirst && playsEverywhere(context.input.contentType, sound);
      const onSeconds = partOf(onPart, decoded.durationSeconds);
      return { derived: { preview: isPlayable ? 'original' : await writeRendition(context, sound, onSeconds) } };
    },
  },
  {
    name: 'waveform',
    weight: 1,
    run: async ({ track, outputDir }) => ({
      derived: { waveform: await writeWaveform((await track()).decoded, outputDir) },
    }),
  },
];

/** A broken cover makes no bad sound: then the waveform is drawn. */
async function coverArt(cover: Buffer | null): Promise<Pixels | null> {
  if (!cover) return null;
  try {
    await readHeader(cover);
    return await decode(cover, THUMBNAIL_SIDE);
  } catch (error) {
    if (error instanceof MediaFailure) return null;
    throw error;
  }
}

/** Not every browser plays WAV in more than two channels. */
function playsEverywhere(contentType: string, { codec_name, channels }: Stream): boolean {
  const isPlayable = formatOf(contentType)?.browserSounds.includes(codec_name) ?? false;
  return isPlayable && (contentType !== 'audio/wav' || channels <= 2);
}

async function writeRendition(
  { input, outputDir }: AvInput,
  sound: Stream,
  onSeconds: (seconds: number) => void,
): Promise<DerivedFile> {
  const codec = ['-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-ar', sound.sample_rate > 44_100 ? '48000' : '44100'];
  const nothingElse = [
    '-map',
    `0:${sound.index}`,
    '-map_metadata',
    '-1',
    '-map_chapters',
    '-1',
    '-fflags',
    '+bitexact',
  ];
  await transcode(
    input,
    join(outputDir, 'preview.m4a'),
    [...nothingElse, ...codec, '-movflags', '+faststart', '-f', 'ipod'],
    onSeconds,
  );
  return { name: 'preview.m4a', contentType: 'audio/mp4' };
}
