import type { Media } from '#contracts';
import { api } from './api';
import { toast } from './elements/toast-region';
import { tell } from './live';
import { batchSize } from './media-actions';
import { Store } from './store';
import { texts } from './texts';
import { postponed } from './undo';

/** Media on their way out, which no list should show. */
export const removed = new Store<ReadonlySet<string>>(new Set());

/** Deletes what is gone from the page already, when nobody undid it. A page that is closed before deletes nothing. */
export function removeMedia(items: readonly Media[]): void {
  const ids = items.map(({ id }) => id);
  removed.set(new Set([...removed.value, ...ids]));
  postponed({
    message: texts.removal.done(ids.length, items[0]?.title ?? ''),
    action: () => deleteAll(ids),
    undone: () => show(ids),
    careful: true,
  });
}

async function deleteAll(ids: readonly string[]): Promise<void> {
  let kept = 0;
  for (let from = 0; from < ids.length; from += batchSize) {
    const chunk = ids.slice(from, from + batchSize);
    const { items } = await api.batch({ action: 'delete', ids: chunk });
    // Deleted elsewhere meanwhile is what was wanted.
    const gone = items.filter(({ ok, code }) => ok || code === 'not_found');
    for (const { id } of gone) tell({ type: 'media-deleted', id });
    show(chunk);
    kept += items.length - gone.length;
  }
  if (kept > 0) toast(texts.removal.kept(kept), 'bad');
}

function show(ids: readonly string[]): void {
  const still = new Set(removed.value);
  for (const id of ids) still.delete(id);
  removed.set(still);
}
