import type { Media, MediaList } from '#contracts';
import { api } from './api';
import { confirmDialog } from './elements/confirm-dialog';
import { toast } from './elements/toast-region';
import { tell } from './live';
import { ApiProblem, messageOf } from './problem';
import { texts } from './texts';

/** As many as the API takes at once. */
export const batchSize = 100;

/** Asks, deletes, and tells every page and tab. Resolves to whether it is gone. */
export async function deleteMedium(media: Media): Promise<boolean> {
  const sure = await confirmDialog({ title: texts.media.deleteTitle(media.title), lead: texts.media.deleteLead, confirm: texts.media.delete });
  if (!sure) return false;
  try {
    await api.deleteMedium(media.id);
  } catch (error) {
    // Deleted elsewhere meanwhile is what was wanted.
    const gone = error instanceof ApiProblem && error.status === 404;
    if (!gone) {
      toast(messageOf(error), 'bad');
      return false;
    }
  }
  tell({ type: 'media-deleted', id: media.id });
  toast(texts.media.deleted(media.title));
  return true;
}

/** Puts a failed medium in line again. */
export async function retryMedium(media: Media): Promise<void> {
  try {
    tell({ type: 'media', media: await api.retryMedium(media.id) });
    toast(texts.media.retrying);
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** Puts failed media in line again, any number, and says how many it were. */
export async function retryMedia(ids: readonly string[]): Promise<void> {
  try {
    toast(texts.media.retried(await retried(ids)));
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** The same for every failed medium that a repeat may help, of any number. */
export async function retryAllFailed(): Promise<void> {
  try {
    let count = 0;
    let cursor: string | null = null;
    do {
      const page: MediaList = await api.media({ status: 'failed', limit: 100, ...(cursor && { cursor }) });
      count += await retried(page.items.filter(({ failure }) => failure?.retryable).map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    toast(texts.media.retried(count));
  } catch (error) {
    toast(messageOf(error), 'bad');
  }
}

/** The pages hear of each from the live stream. */
async function retried(ids: readonly string[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < ids.length; from += batchSize) {
    const { items } = await api.batch({ action: 'retry', ids: ids.slice(from, from + batchSize) });
    count += items.filter(({ ok }) => ok).length;
  }
  return count;
}
