import type { Media } from '#contracts';
import { api } from '../network/api';
import { broadcast, live } from '../network/live';
import { removed } from '../state/removed';
import { confirmDialog } from '../ui/confirm-dialog';
import { texts } from '../ui/texts';
import { toast } from '../ui/toasts';
import { inBatches, pageCloses } from './id-batches';
import { postpone } from './undo';

/** Deleting more media than this needs a confirmation. */
const confirmAbove = 50;

/** A closing page cannot wait for responses: it sends the ids to the other tabs, which hide these media permanently. */
export function connectRemovals(signal: AbortSignal): void {
  pageCloses.on(() => removed.value.size > 0 && broadcast({ type: 'media-removed', ids: [...removed.value] }), signal);
  live.mediaRemoved.on((ids) => hide(ids), signal);
}

/** Resolves to true when `count` media may be deleted; asks the user when they are more than 50. */
export async function confirmRemoval(count: number): Promise<boolean> {
  if (count <= confirmAbove) return true;
  const { askTitle, askLead } = texts.removal;
  return confirmDialog({ title: askTitle(count), lead: askLead, confirm: texts.media.delete });
}

/** Hides `items` at once, and deletes them when the time to undo has passed or the page closes. */
export function removeMedia(items: readonly Media[]): void {
  const ids = items.map(({ id }) => id);
  hide(ids);
  postpone({
    message: texts.removal.done(ids.length, items[0]?.title ?? ''),
    action: () => deleteAll(ids),
    revert: () => show(ids),
  });
}

async function deleteAll(ids: readonly string[]): Promise<void> {
  let kept = 0;
  await inBatches(ids, async (batch) => {
    const { items } = await api.batch({ action: 'delete', ids: batch });
    // A medium that was deleted elsewhere meanwhile counts as deleted.
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
