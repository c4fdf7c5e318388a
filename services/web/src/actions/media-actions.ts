import type { Media, MediaList } from '#contracts';
import { api } from '../network/api';
import { broadcast } from '../network/live';
import { messageOf } from '../network/problem';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { inBatches } from './id-batches';

/** Retries a failed medium, and shows the result as a toast. */
export async function retryMedium(media: Media): Promise<void> {
  try {
    broadcast({ type: 'media', media: await api.retryMedium(media.id) });
    toast(texts.media.retrying);
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** Retries any number of failed media, and shows how many were queued. */
export async function retryMedia(ids: readonly string[]): Promise<void> {
  try {
    toast(texts.media.retried(await requestRetry(ids)));
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** Retries all failed media that are retryable, and shows how many were queued. */
export async function retryAllFailed(): Promise<void> {
  try {
    let count = 0;
    let cursor: string | null = null;
    do {
      const page: MediaList = await api.media({ status: 'failed', limit: 100, ...(cursor && { cursor }) });
      count += await requestRetry(page.items.filter(({ failure }) => failure?.retryable).map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    toast(texts.media.retried(count));
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** Returns how many were queued; pages receive each change from the live stream. */
async function requestRetry(ids: readonly string[]): Promise<number> {
  let count = 0;
  await inBatches(ids, async (batch) => {
    const { items } = await api.batch({ action: 'retry', ids: batch });
    count += items.filter(({ ok }) => ok).length;
  });
  return count;
}
