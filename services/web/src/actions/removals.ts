import type { Media } from '#contracts';
import { api } from '../network/api';
import { live, broadcast } from '../network/live';
import { removed } from '../state/removed';
import { confirmDialog } from '../ui/confirm-dialog';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { inBatches, pageCloses } from './id-batches';
import { postpone } from './undo';

/** More than this are deleted only after a question. */
const confirmAbove = 50;

/** A page that closes cannot wait for answers: it sends the ids to the other tabs, which hide these media for good. */
export function connectRemovals(signal: AbortSignal): void {
  pageCloses.on(() => removed.value.size > 0 && broadcast({ type: 'media-removed', ids: [...removed.value] }), signal);
  live.mediaRemoved.on((ids) => hide(ids), signal);
}

/** Resolves to whether `count` media may be deleted; opens a question when they are more than 50. */
export async function confirmRemoval(count: number): Promise<boolean> {
  if (count <= confirmAbove) return true;
  const { askTitle, askLead } = texts.removal;
  return confirmDialog({ title: askTitle(count), lead: askLead, confirm: texts.media.delete });
}

/** Hides `items` at once, and deletes them when the time to undo is over, or the page closes. */
export function removeMedia(items: readonly Media[]): void {
  const ids = items.map(({ id }) => id);
  hide(ids);
  postpone({
    message: texts.removal.done(ids.length, items[0]?.title ?? ''),
    action: () => deleteAll(ids),
    undone: () => show(ids),
  });
}

async function deleteAll(ids: readonly string[]): Promise<void> {
  let kept = 0;
  await inBatches(ids, async (batch) => {
    const { items } = await api.batch({ action: 'delete', ids: batch });
    // Deleted elsewhere meanwhile is what was wanted.
    const gone = items.filter(({ ok, code }) => ok || code === 'not_found');
    for (const { id } of gone) broadcast({ type: 'media-deleted', id });
    show(batch);
    kept += items.length - gone.length;
  });
  if (kept > 0) toast(texts.removal.kept(kept), 'bad');
}

function hide(ids: readonly string[]): void {
  removed.set(new Set([...removed.value, ...ids]));
}

function show(ids: readonly string[]): void {
  const still = new Set(removed.value);
  for (const id of ids) still.delete(id);
  removed.set(still);
}
