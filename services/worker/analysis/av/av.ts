import type { Input } from '../ffmpeg/ffmpeg';
import { probe, type Stream } from '../ffmpeg/probe';
import type { Facts, Job, OnProgress } from '../job';
import { MediaFailure } from '../media-failure';
import { runSteps } from '../steps';
import { audioContext, audioSteps } from './audio';
import { videoContext, videoSteps } from './video';

/**
 * Facts and derived files of a film or a sound. The streams decide which of both it is, not its name or type.
 * @throws {MediaFailure}
 */
export async function analyseAv({ contentType, inputPath, outputDir }: Job, onProgress: OnProgress): Promise<Facts> {
  const input: Input = { path: inputPath, contentType };
  const probed = await probe(input);
  const sounds = probed.streams.filter(({ codec_type }) => codec_type === 'audio');
  const picture = probed.streams.find((stream) => stream.codec_type === 'video' && !isStillImage(stream));
  const av = { input, outputDir, probed, sounds };
  if (picture) return runSteps(videoSteps, videoContext(av, picture), onProgress);
  if (sounds.length > 0) return runSteps(audioSteps, audioContext(av), onProgress);
  throw new MediaFailure('no_media_stream');
}

/** Cover art and previews are streams too, but nothing that plays. */
const isStillImage = ({ disposition }: Stream) =>
  disposition.attached_pic === 1 || disposition.timed_thumbnails === 1 || disposition.still_image === 1;
