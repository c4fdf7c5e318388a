import { Topic } from '../ui/store';

/** The most ids that the API accepts in one call. */
const batchSize = 100;

/** Emitted when the page is closed, reloaded or hidden (pagehide): pending requests have to be sent now. */
export const pageCloses = new Topic<void>();

/**
 * Calls `send` with up to 100 ids at a time, one call after the other. When the page closes, the remaining ids are
 * sent at once. A closing page may send 64 KiB in all (Fetch, 4.6: "inflight keepalive bytes"): the ids of 2 000 items.
 * Rejects with the first error of `send`; later batches are not sent then.
 */
export async function inBatches(ids: readonly string[], send: (batch: string[]) => Promise<void>): Promise<void> {
  const starts = Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, index) => index * batchSize);
  const batches = starts.map((start) => ids.slice(start, start + batchSize));
  const sentAtClose: Promise<void>[] = [];
  const done = new AbortController();
  pageCloses.on(() => void sentAtClose.push(...batches.splice(0).map(send)), done.signal);
  try {
    for (let batch = batches.shift(); batch; batch = batches.shift()) await send(batch);
    await Promise.all(sentAtClose);
  } finally {
    done.abort();
  }
}
