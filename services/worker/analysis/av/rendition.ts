import { join } from 'node:path';
import type { DerivedFile } from '#contracts';
import { transcode } from '../ffmpeg/ffmpeg';
import type { Playback } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { firstTrack, saysItsLength, type AvInput, type Size } from './av-input';
import { toneMapping } from './tone-mapping';

/** Maximum size of a landscape video; swapped for a portrait. */
const FULL: Size = { width: 1_920, height: 1_080 };
/** Tone mapping costs as much as everything else, so HDR is scaled down further. */
const TONE_MAPPED: Size = { width: 1_280, height: 720 };

/** What a preview is made of: the streams and the displayed size. */
export interface RenditionSource {
  videoStream: Stream;
  audioStream: Stream | undefined;
  size: Size;
  playback: Playback;
}

/**
 * Returns 'original' when it plays in every browser, else writes a rendition: H.264/AAC, at most 1080p, with the index
 * first (faststart). Browsers play the first track of each kind, enabled or not, and continue after the end of an edit
 * list: when another track is used or frames are excluded, a rendition is needed.
 */
export async function writePreview(
  av: AvInput,
  { videoStream, audioStream, size, playback }: RenditionSource,
  onSeconds: (seconds: number) => void,
): Promise<DerivedFile | 'original'> {
  const { input, outputDir } = av;
  const isPlayable = isPlayableVideo(videoStream) && isPlayableAudio(audioStream) && playback.trimmedSeconds === 0;
  const areFirst = videoStream.index === firstTrack(av, 'video') && audioStream?.index === firstTrack(av, 'audio');
  const isComplete = areFirst && saysItsLength(av, playback.seconds);
  if (isPlayable && isComplete && input.contentType === 'video/mp4') return 'original';
  const canCopy = isPlayable && scaleInto(FULL, size) === 1; // ffmpeg copies frames that are excluded, too
  const codecs = canCopy ? ['-c', 'copy'] : [...(await videoCodec(videoStream, size)), ...audioCodec];
  const streams = [
    '-map',
    `0:${videoStream.index}`,
    ...(audioStream ? ['-map', `0:${audioStream.index}`] : []),
    '-sn',
    '-dn',
  ];
  // tags such as the location are not copied
  const noTags = ['-map_metadata', '-1', '-map_metadata:s', '-1', '-map_chapters', '-1'];
  const options = [...streams, ...noTags, ...codecs, '-movflags', '+faststart', '-f', 'mp4'];
  await transcode(input, join(outputDir, 'preview.mp4'), options, onSeconds);
  return { name: 'preview.mp4', contentType: 'video/mp4' };
}

const isPlayableVideo = ({ codec_name, pix_fmt, profile }: Stream) =>
  codec_name === 'h264' &&
  (pix_fmt === 'yuv420p' || pix_fmt === 'yuvj420p') &&
  ['Constrained Baseline', 'Baseline', 'Main', 'High'].includes(profile);

const isPlayableAudio = (audioStream: Stream | undefined) =>
  !audioStream || audioStream.codec_name === 'mp3' || (audioStream.codec_name === 'aac' && audioStream.channels <= 6);

async function videoCodec(videoStream: Stream, { width, height }: Size): Promise<string[]> {
  const mapping = await toneMapping(videoStream);
  const scale = scaleInto(mapping.length > 0 ? TONE_MAPPED : FULL, { width, height });
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2)); // yuv420p requires even sides
  const filters = [`scale=${even(width)}:${even(height)}`, 'setsar=1', ...mapping, 'format=yuv420p'].join(',');
  const rate = ['-crf', '23', '-maxrate', '6M', '-bufsize', '12M', '-fpsmax', '60'];
  return ['-vf', filters, '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-threads', '2', ...rate];
}

/** The factor, at most 1, that fits a size into a frame. */
function scaleInto(frame: Size, { width, height }: Size): number {
  return Math.min(1, frame.width / Math.max(width, height), frame.height / Math.min(width, height));
}

const audioCodec = ['-c:a', 'aac', '-b:a', '160k', '-ac', '2', '-ar', '48000'];
