import type { Input } from '../ffmpeg/ffmpeg';
import { probe, type Stream } from '../ffmpeg/probe';
import type { Facts, Job, OnProgress } from '../job';
import { MediaFailure } from '../media-failure';
import { analyseAudio } from './audio';
import { analyseVideo } from './video';

/**
 * Facts and derived files of what has a length. The streams decide whether it is a video or a sound, not its name or type.
 * @throws {MediaFailure}
 */
export async function analyseAv({ contentType, inputPath, outputDir }: Job, onProgress: OnProgress): Promise<Facts> {
  const input: Input = { path: inputPath, contentType };
  const probed = await probe(input);
  onProgress(5);
  const sounds = probed.streams.filter(({ codec_type }) => codec_type === 'audio');
  const picture = probed.streams.find((stream) => stream.codec_type === 'video' && !isStillImage(stream));
  const timed = { input, outputDir, probed, sounds, onProgress };
  if (picture) return analyseVideo(timed, picture);
  if (sounds.length > 0) return analyseAudio(timed);
  throw new MediaFailure('no_media_stream');
}

/** Cover art and previews are streams too, but nothing that plays. */
const isStillImage = ({ disposition }: Stream) =>
  disposition.attached_pic === 1 || disposition.timed_thumbnails === 1 || disposition.still_image === 1;
