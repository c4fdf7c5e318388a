import { join } from 'node:path';
import type { DerivedFile } from '#contracts';
import { transcode } from '../ffmpeg/ffmpeg';
import type { Stream } from '../ffmpeg/probe';
import type { AvInput, Size } from './av-input';
import { toneMapping } from './tone-mapping';

/** Sides of a landscape picture; a portrait is held to the same, turned. */
const FULL: Size = { width: 1_920, height: 1_080 };
/** Tone mapping costs as much as all the rest: HDR is brought down further. */
const TONE_MAPPED: Size = { width: 1_280, height: 720 };

/** What of a film is shown: its picture, the sound that can be decoded, the displayed size. */
export interface Film {
  picture: Stream;
  sound: Stream | undefined;
  size: Size;
}

/**
 * The original where it plays in every browser, else a rendition of it: H.264/AAC, at most 1080p, playable from its first
 * byte. Browsers play the first sound track: where that is not the one to hear, the original is not what is shown.
 */
export async function previewOf(
  { input, outputDir, sounds }: AvInput,
  { picture, sound, size }: Film,
  onSeconds: (seconds: number) => void,
): Promise<DerivedFile | 'original'> {
  const playable = isPlayablePicture(picture) && isPlayableSound(sound);
  if (playable && sound === sounds[0] && input.contentType === 'video/mp4') return 'original';
  const codecs =
    playable && scaleInto(FULL, size) === 1 ? ['-c', 'copy'] : [...(await pictureCodec(picture, size)), ...soundCodec];
  const streams = ['-map', `0:${picture.index}`, ...(sound ? ['-map', `0:${sound.index}`] : []), '-sn', '-dn'];
  const noTags = ['-map_metadata', '-1', '-map_metadata:s', '-1', '-map_chapters', '-1']; // where it was filmed stays with the original
  const options = [...streams, ...noTags, ...codecs, '-movflags', '+faststart', '-f', 'mp4'];
  await transcode(input, join(outputDir, 'preview.mp4'), options, onSeconds);
  return { name: 'preview.mp4', contentType: 'video/mp4' };
}

const isPlayablePicture = ({ codec_name, pix_fmt, profile }: Stream) =>
  codec_name === 'h264' &&
  (pix_fmt === 'yuv420p' || pix_fmt === 'yuvj420p') &&
  ['Constrained Baseline', 'Baseline', 'Main', 'High'].includes(profile);

const isPlayableSound = (sound: Stream | undefined) =>
  !sound || sound.codec_name === 'mp3' || (sound.codec_name === 'aac' && sound.channels <= 6);

async function pictureCodec(picture: Stream, { width, height }: Size): Promise<string[]> {
  const mapping = await toneMapping(picture);
  const scale = scaleInto(mapping.length > 0 ? TONE_MAPPED : FULL, { width, height });
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2)); // yuv420p has no odd sides
  const filters = [`scale=${even(width)}:${even(height)}`, 'setsar=1', ...mapping, 'format=yuv420p'].join(',');
  const rate = ['-crf', '23', '-maxrate', '6M', '-bufsize', '12M', '-fpsmax', '60'];
  return ['-vf', filters, '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-threads', '2', ...rate];
}

/** The factor, at most 1, that makes a picture fit. */
function scaleInto(frame: Size, { width, height }: Size): number {
  return Math.min(1, frame.width / Math.max(width, height), frame.height / Math.min(width, height));
}

const soundCodec = ['-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-ar', '48000'];
