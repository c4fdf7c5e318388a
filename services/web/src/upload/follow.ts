import { api } from '../network/api';
import { live } from '../network/live';
import { ApiProblem } from '../network/problem';
import type { UploadQueue } from './queue/queue';
import { isSettled, statusOf } from './queue/upload';

const lineMs = 5_000;

/** Tells the rows what happens to their media after the upload. */
export function followMedia(queue: UploadQueue, signal: AbortSignal): void {
  live.media.on((media) => queue.applyMedia(media), signal);
  live.mediaDeleted.on((id) => queue.removeMedia(id), signal);
  live.refetch.on(() => void refetch(queue), signal);
  const line = setInterval(() => void lookAtLine(queue), lineMs);
  signal.addEventListener('abort', () => clearInterval(line), { once: true });
}

/** Places in line change without news of the medium itself. One look tells of all that wait. */
async function lookAtLine(queue: UploadQueue): Promise<void> {
  if (document.hidden || !queue.all.some((upload) => upload.state === 'sent' && statusOf(upload) === 'uploaded'))
    return;
  const waiting = await api.media({ status: 'uploaded', limit: 100 }).catch(() => null);
  for (const media of waiting?.items ?? []) queue.applyMedia(media);
}

async function refetch(queue: UploadQueue): Promise<void> {
  const open = queue.all.filter((upload) => upload.state === 'sent' && !isSettled(upload));
  for (const { media } of open) {
    if (!media) continue;
    await api.medium(media.id).then(
      (fresh) => queue.applyMedia(fresh),
      (error: unknown) => error instanceof ApiProblem && error.status === 404 && queue.removeMedia(media.id),
    );
  }
}
