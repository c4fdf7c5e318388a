import { api } from '../network/api';
import { live } from '../network/live';
import { ApiProblem } from '../network/problem';
import type { UploadQueue } from './queue/queue';
import { isSettled, statusOf } from './queue/upload';

const queuePollMs = 5_000;

/** Updates the rows with the processing of their media, until `signal` aborts. */
export function followMedia(queue: UploadQueue, signal: AbortSignal): void {
  live.media.on((media) => queue.applyMedia(media), signal);
  live.mediaDeleted.on((id) => queue.removeMedia(id), signal);
  live.refetch.on(() => void refetch(queue), signal);
  const poll = setInterval(() => void refreshPositions(queue), queuePollMs);
  signal.addEventListener('abort', () => clearInterval(poll), { once: true });
}

/** Positions in the queue change without a live event of the medium. One request reads those of all queued media. */
async function refreshPositions(queue: UploadQueue): Promise<void> {
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
