import type { VisionResults, VisionTask } from '../vision/job';
import type { LocalVision } from '../vision/local-vision';
import type { AnalysisSubject, OnProgress, Picture } from './analyser';

/** Looks at all pictures of a subject, in order. */
export async function lookAtAll<T extends VisionTask>(
  vision: LocalVision,
  task: T,
  subject: AnalysisSubject,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Array<Picture & { result: VisionResults[T] }>> {
  signal.throwIfAborted();
  const pictures = await subject.pictures();
  const looked: Array<Picture & { result: VisionResults[T] }> = [];
  for (const picture of pictures) {
    looked.push({ ...picture, result: await vision.look(task, picture.path, signal) });
    onProgress((100 * looked.length) / pictures.length);
  }
  return looked;
}
