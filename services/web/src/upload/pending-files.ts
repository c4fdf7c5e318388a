/** A file that is not sent yet. */
export interface PendingFile {
  id: string;
  batchId: string;
  idempotencyKey: string;
  name: string;
  sizeBytes: number;
}

/** A pending file as restored after a reload; `file` is undefined where only its name and size were stored. */
export type KeptFile = PendingFile & { file: File | undefined };

interface Owned extends PendingFile {
  userId: string;
  /** The page that sends it. */
  pageId: string;
  addedAtMs: number;
  /** Its index among the files that were added together. */
  position: number;
}

/** Browsers copy the files that they store: beyond this total, files have to be chosen again after a reload. */
const limitBytes = 1024 ** 3;
/** The time for which the server keeps an unfinished resumable upload. */
const keptForMs = 24 * 3_600_000;

const pageId = crypto.randomUUID?.() ?? String(Math.random());
const pageLocks = 'snapstream-page-';
const pageLock = (id: string) => `${pageLocks}${id}`;
/** Locks show which pages are open; without them (plain http, old browsers) two pages would send the same files. */
const canKeep = 'locks' in navigator && typeof indexedDB === 'object';
/** Sizes of the files that are stored or will be. */
const pending = new Map<string, { sizeBytes: number; isKept: boolean }>();
let keptBytes = 0;
let opened: Promise<IDBDatabase> | undefined;

/** Acquires the lock that marks this page as open; the browser releases it when the page is closed. */
export function holdPage(): void {
  if (canKeep) void navigator.locks.request(pageLock(pageId), () => new Promise(() => {}));
}

/**
 * Stores the names of all files in one transaction: 60 ms for a thousand, while their bytes take seconds (`keepBytes`).
 * A reload in between can then name the missing files. Never throws: where nothing can be stored, a reload loses the
 * files, and the browser asks the user first.
 */
export async function keepNames(files: readonly PendingFile[], userId: string): Promise<void> {
  for (const { id, sizeBytes } of files) pending.set(id, { sizeBytes, isKept: false });
  const addedAtMs = Date.now();
  await change((owners) => {
    for (const [position, { id, batchId, idempotencyKey, name, sizeBytes }] of files.entries()) {
      owners.put({ id, batchId, idempotencyKey, name, sizeBytes, userId, pageId, addedAtMs, position } satisfies Owned);
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

/** Deletes all stored files of this browser, at a logout by the user. */
export async function forgetAll(): Promise<void> {
  await change((owners, files) => [owners.clear(), files.clear()]);
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
  // Listed before the first takeover, because a page that closes during it would be missed.
  const others = (await heldLocks()).filter((name) => name.startsWith(pageLocks) && name !== pageLock(pageId));
  adopt(await takeOver(userId));
  for (const name of others) {
    const closed = navigator.locks.request(name, { signal }, () => undefined);
    void closed.then(async () => adopt(await takeOver(userId, name))).catch(() => undefined); // aborted: signed out
  }
}

/**
 * Moves the files of closed pages to this page, one page at a time, and returns them, oldest first. `closed` is the
 * lock of a closed page: this page has just held it, and may still be listed as its holder.
 */
async function takeOver(userId: string, closed?: string): Promise<KeptFile[]> {
  return navigator.locks
    .request('snapstream-take-over', async () => {
      const openPages = new Set((await heldLocks()).filter((name) => name !== closed));
      const orphans = (await read(({ owners }) => owners.getAll() as IDBRequest<Owned[]>)).filter(
        (kept) => !openPages.has(pageLock(kept.pageId)),
      );
      await forget(orphans.filter(isOld).map(({ id }) => id));
      const mine = orphans
        .filter((kept) => !isOld(kept) && kept.userId === userId)
        .toSorted((one, other) => one.addedAtMs - other.addedAtMs || one.position - other.position);
      await change((owners) => mine.forEach((kept) => owners.put({ ...kept, pageId })));
      return filesOf(mine);
    })
    .catch(() => []);
}

async function filesOf(owned: readonly Owned[]): Promise<KeptFile[]> {
  const { files } = stores(await open(), 'readonly');
  const kept = await Promise.all(
    owned.map(async (owner) => ({ ...owner, file: await result(files.get(owner.id) as IDBRequest<File | undefined>) })),
  );
  for (const { id, sizeBytes, file } of kept) {
    pending.set(id, { sizeBytes, isKept: file !== undefined });
    keptBytes += file?.size ?? 0;
  }
  return kept;
}

function reserve(id: string): boolean {
  const entry = pending.get(id);
  if (!entry || entry.isKept || keptBytes + entry.sizeBytes > limitBytes) return false;
  keptBytes += entry.sizeBytes;
  return (entry.isKept = true);
}

const heldLocks = async () => ((await navigator.locks.query()).held ?? []).flatMap(({ name }) => name ?? []);
const isOld = ({ addedAtMs }: Owned) => Date.now() - addedAtMs > keptForMs;

interface Stores {
  transaction: IDBTransaction;
  owners: IDBObjectStore;
  files: IDBObjectStore;
}

function stores(database: IDBDatabase, mode: IDBTransactionMode): Stores {
  const transaction = database.transaction(['owners', 'files'], mode);
  return { transaction, owners: transaction.objectStore('owners'), files: transaction.objectStore('files') };
}

async function read<T>(query: (stores: Stores) => IDBRequest<T>): Promise<T> {
  return result(query(stores(await open(), 'readonly')));
}

/** Runs `work` in one transaction; transactions take effect in the order of the calls. Never throws. */
async function change(work: (owners: IDBObjectStore, files: IDBObjectStore) => void): Promise<void> {
  if (!canKeep) return;
  try {
    const { transaction, owners, files } = stores(await open(), 'readwrite');
    work(owners, files);
    transaction.commit(); // explicitly, because the page may close before the browser commits by itself
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () =>
        reject(transaction.error ?? new Error('the browser stores no files')),
      );
    });
  } catch {
    // Files that could not be stored have to be chosen again after a reload.
  }
}

/** Owners and files have separate stores: a takeover rewrites the owner only, while the file may be being read. */
function open(): Promise<IDBDatabase> {
  opened ??= openDatabase().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open('snapstream-uploads', 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('owners', { keyPath: 'id' });
    request.result.createObjectStore('files');
  });
  const database = await result(request);
  database.addEventListener('close', () => (opened = undefined)); // the user cleared the browser's data
  database.addEventListener('versionchange', () => void [database.close(), (opened = undefined)]);
  return database;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser stores no files')));
  });
}
