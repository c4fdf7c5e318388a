import { join } from 'node:path';
import { formatOf, type DerivedFile } from '#contracts';
import { transcode } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import { decode, type Pixels, readHeader, THUMBNAIL_SIDE, writeThumbnail } from '../image/picture';
import { MediaFailure } from '../media-failure';
import { once, type Step } from '../steps';
import { readTags, type AudioTags } from './audio-tags';
import { decodeFirstTrack, type AudioTrack } from './audio-track';
import { chapterFacts, firstTrack, partOf, saysItsLength, type AvInput } from './av-input';
import { hasRiffHeader } from './wav-samples';
import { drawWaveform, writeWaveform } from './waveform';

interface AudioContext extends AvInput {
  /** The first audio track that can be decoded. */
  track: (onPart?: (part: number) => void) => Promise<AudioTrack>;
  tags: () => Promise<AudioTags>;
}

export function audioContext(av: AvInput): AudioContext {
  const { input, probed, audioStreams } = av;
  return {
    ...av,
    track: once((onPart = () => {}) => decodeFirstTrack(input, audioStreams, partOf(onPart, probed.format.duration))),
    tags: once(() => readTags(input)),
  };
}

/** The steps of an audio file. Add a new fact or rendition here. */
export const audioSteps: ReadonlyArray<Step<AudioContext>> = [
  {
    name: 'audio',
    weight: 60,
    run: async ({ track }, onPart) => {
      const { audioStream, decoded } = await track(onPart);
      return {
        kind: 'audio',
        width: null,
        height: null,
        durationSeconds: decoded.durationSeconds,
        codecs: [audioStream.codec_name],
        metadata: { sampleRateHz: audioStream.sample_rate, channels: audioStream.channels },
      };
    },
  },
  {
    name: 'tags',
    weight: 1,
    run: async (context) => {
      const { facts } = await context.tags();
      const { durationSeconds } = (await context.track()).decoded;
      // a bit rate that gives a wrong length is that of the first frame
      const isMeasured = saysItsLength(context, durationSeconds);
      const bitsPerSecond = isMeasured ? facts.bitsPerSecond : undefined;
      return { metadata: { ...facts, bitsPerSecond, ...chapterFacts(context) } };
    },
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
      const track = await context.track();
      const { audioStream, decoded } = track;
      const isPlayable = playsEverywhere(context.input.contentType, audioStream) && (await isPlain(context, track));
      const onSeconds = partOf(onPart, decoded.durationSeconds);
      return { derived: { preview: isPlayable ? 'original' : await writeRendition(context, audioStream, onSeconds) } };
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

/** Decodes the cover art; null when there is none or it is broken: the waveform is drawn instead. */
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

/** Whether every browser plays it; not every browser plays WAV with more than two channels. */
function playsEverywhere(contentType: string, { codec_name, channels }: Stream): boolean {
  const isPlayable = formatOf(contentType)?.browserSounds.includes(codec_name) ?? false;
  return isPlayable && (contentType !== 'audio/wav' || channels <= 2);
}

/** Whether players play the whole file as it was measured: its first track, to its end. */
async function isPlain(av: AvInput, { audioStream, decoded }: AudioTrack): Promise<boolean> {
  if (audioStream.index !== firstTrack(av, 'audio') || !saysItsLength(av, decoded.durationSeconds)) return false;
  return av.input.contentType !== 'audio/wav' || hasRiffHeader(av.input.path);
}

async function writeRendition(
  { input, outputDir }: AvInput,
  audioStream: Stream,
  onSeconds: (seconds: number) => void,
): Promise<DerivedFile> {
  const codec = [
    '-c:a',
    'aac',
    '-b:a',
    '160k',
    '-ac',
    '2',
    '-ar',
    audioStream.sample_rate > 44_100 ? '48000' : '44100',
  ];
  const onlyAudio = [
    '-map',
    `0:${audioStream.index}`,
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
    [...onlyAudio, ...codec, '-movflags', '+faststart', '-f', 'ipod'],
    onSeconds,
  );
  return { name: 'preview.m4a', contentType: 'audio/mp4' };
}
