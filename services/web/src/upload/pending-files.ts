import { uuid } from '../ui/dom';
import { canKeep, change, readFiles, readOwners, type Owned, type PendingFile } from './pending-database';

/** A pending file as restored after a reload; `file` is undefined where only its name and size were stored. */
export type KeptFile = PendingFile & { file: File | undefined };

/** Browsers copy the files that they store: beyond this total, files have to be chosen again after a reload. */
const limitBytes = 1024 ** 3;
/** The time for which the server keeps an unfinished resumable upload. */
const keptForMs = 24 * 3_600_000;

let pageId = '';
const pageLocks = 'snapstream-page-';
const pageLock = (id: string) => `${pageLocks}${id}`;
/** Sizes of the files that are stored or will be. */
const pending = new Map<string, { sizeBytes: number; isKept: boolean }>();
let keptBytes = 0;

/**
 * Holds the lock that marks this page as open until `signal` aborts at the end of the session, or the page is closed.
 * Each session has a new id, so that the next one adopts the files that this one leaves.
 */
export function holdPage(signal: AbortSignal): void {
  pageId = uuid();
  pending.clear();
  keptBytes = 0;
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  if (canKeep) void navigator.locks.request(pageLock(pageId), () => ended);
}

/**
 * Stores the names of all files in one transaction: 60 ms for a thousand, while their bytes take seconds (`keepBytes`).
 * A reload in between can then name the missing files. Never throws: where nothing can be stored, a reload loses the
 * files, and the browser asks the user first.
 */
export async function keepNames(files: readonly PendingFile[], userId: string): Promise<void> {
  for (const { id, sizeBytes } of files) pending.set(id, { sizeBytes, isKept: false });
  const shared = { userId, pageId, addedAtMs: Date.now() };
  await change((owners) => {
    for (const [position, { id, batchId, idempotencyKey, name, sizeBytes }] of files.entries()) {
      owners.put({ id, batchId, idempotencyKey, name, sizeBytes, position, ...shared } satisfies Owned);
    }
  });
}

/** Stores the bytes of files whose names are stored and not forgotten meanwhile, as far as the limit allows. */
export async function keepBytes(files: readonly { id: string; file: File }[]): Promise<void> {
  const reserved = files.filter(({ id }) => reserve(id));
  if (reserved.length > 0) await change((_, bytes) => reserved.forEach(({ id, file }) => bytes.put(file, id)));
}

/** Deletes the names and bytes of files that were sent, refused, cancelled or removed. */
export async function forget(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const entry = pending.get(id);
    if (entry?.isKept) keptBytes -= entry.sizeBytes;
    pending.delete(id);
  }
  await change((owners, files) => ids.forEach((id) => [owners.delete(id), files.delete(id)]));
}

/** Deletes all stored files of a user, whose account was deleted. */
export async function forgetUser(userId: string): Promise<void> {
  await forget((await pendingOf(userId)).map(({ id }) => id));
}

/** Returns how many files of a user the tabs of this browser have not sent yet; 0 where nothing is stored. */
export async function countPending(userId: string): Promise<number> {
  return (await pendingOf(userId)).filter((kept) => !isOld(kept)).length;
}

/**
 * Calls `adopt` with the unsent files of closed pages, and again whenever a page that is open now closes. A reload
 * needs both, because the old page may still hold its lock when the new one starts.
 */
export async function adoptOrphans(
  userId: string,
  signal: AbortSignal,
  adopt: (files: KeptFile[]) => void,
): Promise<void> {
  if (!canKeep) return;
  const adopter = pageId;
  const adoptFrom = async (closed?: string): Promise<void> => {
    const files = await takeOver(userId, adopter, closed);
    if (signal.aborted) return; // signed out; the next session takes them over
    countKept(files);
    adopt(files);
  };
  // Listed before the first takeover, because a page that closes during it would be missed.
  const others = (await heldLocks()).filter((name) => name.startsWith(pageLocks) && name !== pageLock(adopter));
  await adoptFrom();
  for (const name of others) {
    const closed = navigator.locks.request(name, { signal }, () => undefined);
    void closed.then(() => adoptFrom(name)).catch(() => undefined); // aborted: signed out
  }
}

/**
 * Moves the files of closed pages to this page, one page at a time, and returns them, oldest first. `closed` is the
 * lock of a closed page: this page has just held it, and may still be listed as its holder.
 */
async function takeOver(userId: string, adopter: string, closed?: string): Promise<KeptFile[]> {
  return navigator.locks
    .request('snapstream-take-over', async () => {
      const openPages = new Set((await heldLocks()).filter((name) => name !== closed));
      const orphans = (await readOwners()).filter((kept) => !openPages.has(pageLock(kept.pageId)));
      await forget(orphans.filter(isOld).map(({ id }) => id));
      const mine = orphans
        .filter((kept) => !isOld(kept) && kept.userId === userId)
        .toSorted((one, other) => one.addedAtMs - other.addedAtMs || one.position - other.position);
      await change((owners) => mine.forEach((kept) => owners.put({ ...kept, pageId: adopter })));
      return filesOf(mine);
    })
    .catch(() => []);
}

async function filesOf(owned: readonly Owned[]): Promise<KeptFile[]> {
  const files = await readFiles(owned.map(({ id }) => id));
  return owned.map((owner, at) => ({ ...owner, file: files[at] }));
}

function countKept(kept: readonly KeptFile[]): void {
  for (const { id, sizeBytes, file } of kept) {
    pending.set(id, { sizeBytes, isKept: file !== undefined });
    keptBytes += file?.size ?? 0;
  }
}

function reserve(id: string): boolean {
  const entry = pending.get(id);
  if (!entry || entry.isKept || keptBytes + entry.sizeBytes > limitBytes) return false;
  keptBytes += entry.sizeBytes;
  return (entry.isKept = true);
}

async function pendingOf(userId: string): Promise<Owned[]> {
  if (!canKeep) return [];
  return (await readOwners().catch(() => [])).filter((kept) => kept.userId === userId);
}

const heldLocks = async () => ((await navigator.locks.query()).held ?? []).flatMap(({ name }) => name ?? []);
const isOld = ({ addedAtMs }: Owned) => Date.now() - addedAtMs > keptForMs;
