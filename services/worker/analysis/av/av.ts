import { encryptedStreams } from '../ffmpeg/encryption';
import type { Input } from '../ffmpeg/ffmpeg';
import { probe, type Stream } from '../ffmpeg/probe';
import type { Facts, Job, OnProgress } from '../job';
import { MediaFailure } from '../media-failure';
import { runSteps } from '../steps';
import { audioContext, audioSteps } from './audio';
import { videoContext, videoSteps } from './video';
import { withContainerBits } from './wav-samples';

/**
 * Analyses an audio or video file: returns its facts and writes its derived files. The streams decide the kind, not the
 * name or the content type.
 * @throws {MediaFailure}
 */
export async function analyseAv({ contentType, inputPath, outputDir }: Job, onProgress: OnProgress): Promise<Facts> {
  let input: Input = { path: inputPath, contentType };
  const probed = await probe(input);
  const audioStreams = probed.streams.filter(({ codec_type }) => codec_type === 'audio');
  const videoStream = probed.streams.find((stream) => stream.codec_type === 'video' && !isStillImage(stream));
  const encrypted = await encryptedStreams(input);
  if ([videoStream, audioStreams[0]].some((used) => used && encrypted.has(used.index)))
    throw new MediaFailure('encrypted_media');
  if (contentType === 'audio/wav' && audioStreams[0]) {
    const stream = await withContainerBits(inputPath, audioStreams[0]);
    if (stream !== audioStreams[0]) input = { ...input, options: ['-c:a', stream.codec_name] };
    audioStreams[0] = stream;
  }
  const av = { input, outputDir, probed, audioStreams };
  if (videoStream) return runSteps(videoSteps, videoContext(av, videoStream), onProgress);
  if (audioStreams.length > 0) return runSteps(audioSteps, audioContext(av), onProgress);
  throw new MediaFailure('no_media_stream');
}

/** Cover art and preview images are video streams too. */
const isStillImage = ({ disposition }: Stream) =>
  disposition.attached_pic === 1 || disposition.timed_thumbnails === 1 || disposition.still_image === 1;
