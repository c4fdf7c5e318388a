/** A file that is not sent yet. */
export interface PendingFile {
  id: string;
  batchId: string;
  idempotencyKey: string;
  name: string;
  sizeBytes: number;
}

/** As the browser keeps it over a reload; without a file only what it was is known. */
export interface KeptFile extends PendingFile {
  file: File | undefined;
}

interface Owned extends PendingFile {
  userId: string;
  /** The page that sends it. */
  pageId: string;
  addedAtMs: number;
  /** Its place among those that were added at the same moment. */
  position: number;
}

/** Browsers copy what they keep: beyond this a reload needs the file to be chosen again. */
const limitBytes = 1024 ** 3;
/** As long as the server keeps what arrived of it. */
const keptForMs = 24 * 3_600_000;

const pageId = crypto.randomUUID?.() ?? String(Math.random());
const pageLocks = 'snapstream-page-';
const pageLock = (id: string) => `${pageLocks}${id}`;
/** Locks tell which pages live; without them (plain http, old browsers) two pages would send the same files. */
const canKeep = 'locks' in navigator && typeof indexedDB === 'object';
/** Sizes of the files that are kept or about to be. */
const pending = new Map<string, { sizeBytes: number; isKept: boolean }>();
let keptBytes = 0;
let opened: Promise<IDBDatabase> | undefined;

/** From now on other pages know that this one lives. Held until it is closed. */
export function holdPage(): void {
  if (canKeep) void navigator.locks.request(pageLock(pageId), () => new Promise(() => {}));
}

/**
 * Writes down what files there are, all in one transaction: a thousand take 60 ms, their bytes seconds (`keepBytes`). A reload
 * in between can say which are missing. Never throws: where nothing can be kept, a reload loses it, and the browser asks before.
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

/** Keeps the bytes of files whose names were kept and that were not forgotten meanwhile, as far as the limit allows. */
export async function keepBytes(files: readonly { id: string; file: File }[]): Promise<void> {
  const some = files.filter(({ id }) => reserve(id));
  if (some.length > 0) await change((_, bytes) => some.forEach(({ id, file }) => bytes.put(file, id)));
}

export async function forget(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const entry = pending.get(id);
    if (entry?.isKept) keptBytes -= entry.sizeBytes;
    pending.delete(id);
  }
  await change((owners, files) => ids.forEach((id) => [owners.delete(id), files.delete(id)]));
}

/** Somebody logs out on purpose: nothing of theirs stays in this browser. */
export async function forgetAll(): Promise<void> {
  await change((owners, files) => [owners.clear(), files.clear()]);
}

/**
 * Takes over what pages that are gone did not send any more: now, and of each page that lives now when it goes. A reload needs
 * both, since the old page may outlive the beginning of the new one.
 */
export async function adoptOrphans(
  userId: string,
  signal: AbortSignal,
  adopt: (files: KeptFile[]) => void,
): Promise<void> {
  if (!canKeep) return;
  const others = (await heldLocks()).filter((name) => name.startsWith(pageLocks) && name !== pageLock(pageId)); // first, or one that goes meanwhile is missed
  adopt(await takeOver(userId));
  for (const name of others) {
    const gone = navigator.locks.request(name, { signal }, () => undefined);
    void gone.then(async () => adopt(await takeOver(userId, name))).catch(() => undefined); // aborted: signed out
  }
}

/** Oldest first. One page at a time looks. `gone` is the lock of a page that is known to be: we held it a moment ago, and may seem to still. */
async function takeOver(userId: string, gone?: string): Promise<KeptFile[]> {
  return navigator.locks
    .request('snapstream-take-over', async () => {
      const living = new Set((await heldLocks()).filter((name) => name !== gone));
      const orphans = (await read(({ owners }) => owners.getAll() as IDBRequest<Owned[]>)).filter(
        (kept) => !living.has(pageLock(kept.pageId)),
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

async function read<T>(ask: (stores: Stores) => IDBRequest<T>): Promise<T> {
  return result(ask(stores(await open(), 'readonly')));
}

/** One transaction; they take effect in the order of the calls. */
async function change(work: (owners: IDBObjectStore, files: IDBObjectStore) => void): Promise<void> {
  if (!canKeep) return;
  try {
    const { transaction, owners, files } = stores(await open(), 'readwrite');
    work(owners, files);
    transaction.commit(); // now, not when the browser finds that nothing follows: the page may be about to go
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the browser keeps no files')));
    });
  } catch {
    // what is not kept has to be chosen again after a reload
  }
}

/** Whose a file is changes hands; the file itself is written once, for it may be read meanwhile. */
function open(): Promise<IDBDatabase> {
  opened ??= openAnew().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openAnew(): Promise<IDBDatabase> {
  const request = indexedDB.open('snapstream-uploads', 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('owners', { keyPath: 'id' });
    request.result.createObjectStore('files');
  });
  const database = await result(request);
  database.addEventListener('close', () => (opened = undefined)); // the browser's data were cleared
  database.addEventListener('versionchange', () => void [database.close(), (opened = undefined)]);
  return database;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser keeps no files')));
  });
}
