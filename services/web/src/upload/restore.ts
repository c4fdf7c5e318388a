import type { Media, MediaList } from '#contracts';
import { api } from '../network/api';
import { live } from '../network/live';
import { load } from '../network/load';
import { isOlder } from '../state/freshness';
import { uuid } from '../ui/dom';
import type { KeptFile } from './pending-files';
import type { NewUpload, UploadQueue } from './queue/queue';
import { isResumable } from './send/send';

const dropsKey = 'snapstream-drops';
const drops = new Set<string>(readDrops());

/** Remembers the drops of this tab over reloads. */
export function rememberDrops(files: readonly { batchId: string }[]): void {
  const before = drops.size;
  for (const { batchId } of files) drops.add(batchId);
  if (drops.size === before) return;
  try {
    sessionStorage.setItem(dropsKey, JSON.stringify([...drops].slice(-20)));
  } catch {
    // Blocked by the browser's settings: rows of sent files do not come back.
  }
}

function readDrops(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(dropsKey) ?? '[]') as string[];
  } catch {
    return [];
  }
}

/** Adds rows for files that this tab sent before a reload and that are not processed yet, until `signal` aborts. */
export async function restoreSent(queue: UploadQueue, signal: AbortSignal): Promise<void> {
  if (drops.size === 0) return;
  const events = new Map<string, Media>();
  const done = new AbortController();
  live.media.on((media) => events.set(media.id, media), AbortSignal.any([signal, done.signal]));
  const known = new Set(queue.all.map(({ media }) => media?.id));
  for (const status of ['uploaded', 'processing']) {
    const found = await readAll(status, signal).catch(() => []);
    if (signal.aborted) return;
    const own = found.filter(({ id, batchId }) => batchId && drops.has(batchId) && !known.has(id));
    for (const { id } of own) known.add(id);
    queue.add(own.map((media) => toUpload(latest(media, events.get(media.id)))));
  }
  done.abort();
}

async function readAll(status: string, signal: AbortSignal): Promise<Media[]> {
  const all: Media[] = [];
  let cursor: string | null = null;
  do {
    const query = { status, limit: 100, ...(cursor && { cursor }) };
    const page: MediaList = await load(() => api.media(query, signal), signal);
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

const latest = (media: Media, event: Media | undefined) => (event && isOlder(media, event) ? event : media);

function toUpload(media: Media): NewUpload {
  const { batchId, filename: name, sizeBytes } = media;
  return { id: uuid(), batchId: batchId ?? '', name, sizeBytes, state: 'sent', loadedBytes: sizeBytes, media };
}

/** Shows in the rows of large files that have to be chosen again how many bytes the server has of each. */
export async function showStoredBytes(queue: UploadQueue, files: readonly KeptFile[]): Promise<void> {
  const large = files.filter(({ file, sizeBytes }) => !file && isResumable(sizeBytes));
  if (large.length === 0) return;
  const { storedBytes } = await import('./send/send-resumable');
  for (const { id, name, sizeBytes, batchId } of large)
    queue.setStoredBytes(id, await storedBytes({ name, sizeBytes, batchId }));
}
