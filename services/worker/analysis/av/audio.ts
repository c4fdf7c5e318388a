import { join } from 'node:path';
import { formatOf, type DerivedFile } from '#contracts';
import { cleanMetadata } from '../clean-metadata';
import { transcode } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import { decode, type Pixels, readHeader, THUMBNAIL_SIDE, writeThumbnail } from '../image/picture';
import type { Facts } from '../job';
import { MediaFailure } from '../media-failure';
import { readTags } from './audio-tags';
import { chapterFacts, progressOf, type AvInput } from './av-input';
import { decodeSound } from './sound-track';
import { drawWaveform, writeWaveform } from './waveform';

/** Facts, waveform, picture and preview of a sound. @throws {MediaFailure} */
export async function analyseAudio(timed: AvInput): Promise<Facts> {
  const { input, outputDir, probed, sounds, onProgress } = timed;
  const { sound, decoded } = await decodeSound(input, sounds, progressOf(onProgress, 5, 60, probed.format.duration));
  const tags = await readTags(input.path);
  const picture = (await coverArt(tags.cover)) ?? drawWaveform(decoded);
  const { thumbnail, placeholder } = await writeThumbnail(picture, outputDir);
  onProgress(65);
  const isPlayable = sound === sounds[0] && playsEverywhere(input.contentType, sound); // players take the first track
  const preview = isPlayable ? 'original' : await writeRendition(timed, sound, decoded.durationSeconds);
  return {
    kind: 'audio',
    width: null,
    height: null,
    durationSeconds: decoded.durationSeconds,
    codecs: [sound.codec_name],
    metadata: cleanMetadata({
      ...tags.facts,
      sampleRateHz: sound.sample_rate,
      channels: sound.channels,
      ...chapterFacts(timed),
    }),
    placeholder,
    derived: { thumbnail, preview, waveform: await writeWaveform(decoded, outputDir) },
  };
}

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
  { input, outputDir, onProgress }: AvInput,
  sound: Stream,
  wholeSeconds: number,
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
    progressOf(onProgress, 65, 98, wholeSeconds),
  );
  return { name: 'preview.m4a', contentType: 'audio/mp4' };
}
