import { encryptedStreams } from '../ffmpeg/encryption';
import type { Input } from '../ffmpeg/ffmpeg';
import { probe } from '../ffmpeg/probe';
import type { Facts, Job, OnProgress } from '../job';
import { MediaFailure } from '../media-failure';
import { runSteps } from '../steps';
import { audioContext, audioSteps } from './audio';
import { tracksToPlay } from './av-input';
import { videoContext, videoSteps } from './video';
import { withContainerBits } from './wav-samples';

/**
 * Analyses an audio or video file: returns its facts and writes its derived files. The streams decide the kind, not the
 * name or the content type.
 * @throws {MediaFailure}
 */
export async function analyseAv({ contentType, inputPath, outputDir }: Job, onProgress: OnProgress): Promise<Facts> {
  const input: Input = { path: inputPath, contentType };
  const probed = await probe(input);
  const [videoStream] = tracksToPlay(probed, 'video');
  const audioStreams = tracksToPlay(probed, 'audio');
  const encrypted = await encryptedStreams(input);
  if ([videoStream, audioStreams[0]].some((used) => used && encrypted.has(used.index)))
    throw new MediaFailure('encrypted_media');
  const av = await withContainerBits({ input, outputDir, probed, audioStreams });
  if (videoStream) return runSteps(videoSteps, videoContext(av, videoStream), onProgress);
  if (audioStreams.length > 0) return runSteps(audioSteps, audioContext(av), onProgress);
  throw new MediaFailure('no_media_stream');
}
