import { chapterFacts, progressOf } from './audio';
import { cleanMetadata } from './clean-metadata';
import type { Facts } from './job';
import { findPoster } from './poster';
import { writeThumbnail } from './picture';
import { packetSeconds, type Stream } from './probe';
import { previewOf } from './rendition';
import type { Timed } from './timed';
import { videoTags } from './video-tags';
import { listen, writeWaveform } from './waveform';

/** Facts, poster, waveform and preview of a video. @throws {MediaFailure} */
export async function analyseVideo(timed: Timed, picture: Stream): Promise<Facts> {
  const { input, outputDir, sound, probed, onProgress } = timed;
  const durationSeconds = await packetSeconds(input, sound ? [picture.index, sound.index] : [picture.index]);
  const poster = await findPoster(input, picture, durationSeconds);
  onProgress(15);
  const { thumbnail, placeholder } = await writeThumbnail(poster, outputDir);
  const heard = sound ? await listen(input, sound.index, progressOf(onProgress, 15, 30, durationSeconds)) : null;
  const size = displayedSize(picture);
  const audible = heard && heard.durationSeconds > 0 ? sound : undefined;
  const preview = await previewOf({ ...timed, sound: audible, onProgress: (percent) => onProgress(30 + percent * 0.68) }, picture, size, durationSeconds);
  return {
    kind: 'video',
    ...size,
    durationSeconds,
    codecs: [picture.codec_name, ...(audible ? [audible.codec_name] : [])],
    metadata: cleanMetadata({ ...videoTags(probed, picture), ...chapterFacts(timed) }),
    placeholder,
    derived: { thumbnail, preview, waveform: heard && audible ? await writeWaveform(heard, outputDir) : null },
  };
}

export interface Size {
  width: number;
  height: number;
}

/** Pixels as a player shows them: with square pixels, turned by the display matrix. The decoder's size, not the track header's. */
export function displayedSize({ width, height, sample_aspect_ratio, side_data_list }: Stream): Size {
  const [across = 1, down = 1] = sample_aspect_ratio.split(':').map(Number);
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const shown = { width: Math.max(1, Math.round(width * aspect)), height };
  const turned = Math.abs(side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0) % 180 === 90;
  return turned ? { width: shown.height, height: shown.width } : shown;
}
