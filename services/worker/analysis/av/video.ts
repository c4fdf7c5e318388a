import { cleanMetadata } from '../clean-metadata';
import { packetSeconds } from '../ffmpeg/packets';
import type { Stream } from '../ffmpeg/probe';
import { writeThumbnail } from '../image/picture';
import type { Facts } from '../job';
import { chapterFacts, displayedSize, progressOf, type AvInput } from './av-input';
import { findPoster } from './poster';
import { previewOf } from './rendition';
import { soundOfFilm } from './sound-track';
import { videoTags } from './video-tags';
import { writeWaveform } from './waveform';

/** Facts, poster, waveform and preview of a video; a silent one where no sound can be decoded. @throws {MediaFailure} */
export async function analyseVideo(timed: AvInput, picture: Stream): Promise<Facts> {
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
