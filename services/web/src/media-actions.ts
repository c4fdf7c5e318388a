import type { Media } from '#contracts';
import { api } from './api';
import { confirmDialog } from './elements/confirm-dialog';
import { toast } from './elements/toast-region';
import { tell } from './live';
import { ApiProblem, messageOf } from './problem';
import { texts } from './texts';

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
