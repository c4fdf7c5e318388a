import { chapterFacts, progressOf } from './audio';
import { cleanMetadata } from './clean-metadata';
import type { Facts } from './job';
import { packetSeconds } from './packets';
import { writeThumbnail } from './picture';
import { findPoster } from './poster';
import type { Stream } from './probe';
import { previewOf } from './rendition';
import { soundOfFilm } from './sound-track';
import type { Timed } from './timed';
import { videoTags } from './video-tags';
import { writeWaveform } from './waveform';

/** Facts, poster, waveform and preview of a video; a silent one where no sound can be decoded. @throws {MediaFailure} */
export async function analyseVideo(timed: Timed, picture: Stream): Promise<Facts> {
  const { input, outputDir, sounds, probed, onProgress } = timed;
  const { track, unplayable } = await soundOfFilm(input, sounds, progressOf(onProgress, 5, 20, probed.format.duration));
  const durationSeconds = await packetSeconds(input, track ? [picture.index, track.sound.index] : [picture.index]);
  const poster = await findPoster(input, picture, durationSeconds);
  onProgress(30);
  const { thumbnail, placeholder } = await writeThumbnail(poster, outputDir);
  const film = { picture, sound: track?.sound, size: displayedSize(picture), durationSeconds };
  const preview = await previewOf({ ...timed, onProgress: (percent) => onProgress(30 + percent * 0.68) }, film);
  return {
    kind: 'video',
    ...film.size,
    durationSeconds,
    codecs: [picture.codec_name, ...(track ? [track.sound.codec_name] : [])],
    metadata: cleanMetadata({ sound: unplayable, ...videoTags(probed, picture), ...chapterFacts(timed) }),
    placeholder,
    derived: { thumbnail, preview, waveform: track ? await writeWaveform(track.decoded, outputDir) : null },
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
