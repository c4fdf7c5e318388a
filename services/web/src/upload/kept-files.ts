/** A file that is not sent yet, as the browser keeps it over a reload. */
export interface KeptFile {
  id: string;
  userId: string;
  /** The page that sends it. */
  pageId: string;
  batchId: string;
  file: File;
  idempotencyKey: string;
  addedAtMs: number;
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
const keptBytes = new Map<string, number>();
const sum = () => [...keptBytes.values()].reduce((total, bytes) => total + bytes, 0);

/** From now on other pages know that this one lives. Held until it is closed. */
export function holdPage(): void {
  if (canKeep) void navigator.locks.request(pageLock(pageId), () => new Promise(() => {}));
}

/** Never throws: where a file can not be kept, a reload loses it, and the browser asks before. */
export async function keep(file: Omit<KeptFile, 'pageId' | 'addedAtMs'>): Promise<void> {
  const { size } = file.file;
  if (!canKeep || (!keptBytes.has(file.id) && sum() + size > limitBytes)) return;
  keptBytes.set(file.id, size);
  await change((store) => store.put({ ...file, pageId, addedAtMs: Date.now() } satisfies KeptFile)).catch(() => undefined);
}

export async function letGo(id: string): Promise<void> {
  keptBytes.delete(id);
  if (canKeep) await change((store) => store.delete(id)).catch(() => undefined);
}

/** Somebody logs out on purpose: nothing of theirs stays in this browser. */
export async function forgetAll(): Promise<void> {
  if (canKeep) await change((store) => store.clear()).catch(() => undefined);
}

/**
 * Takes over what pages that are gone did not send any more: now, and of each page that lives now when it goes. A reload needs
 * both, since the old page may outlive the beginning of the new one.
 */
export async function adoptOrphans(userId: string, signal: AbortSignal, adopt: (files: KeptFile[]) => void): Promise<void> {
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
  return navigator.locks.request('snapstream-take-over', async () => {
    const living = new Set((await heldLocks()).filter((name) => name !== gone));
    const orphans = (await all()).filter((kept) => !living.has(pageLock(kept.pageId)));
    const [old, mine] = [orphans.filter(isOld), orphans.filter((kept) => !isOld(kept) && kept.userId === userId)];
    await change((store) => {
      for (const { id } of old) store.delete(id);
      for (const kept of mine) store.put({ ...kept, pageId });
    });
    for (const { id, file } of mine) keptBytes.set(id, file.size);
    return mine.toSorted((one, other) => one.addedAtMs - other.addedAtMs);
  }).catch(() => []);
}

const heldLocks = async () => ((await navigator.locks.query()).held ?? []).flatMap(({ name }) => name ?? []);
const isOld = ({ addedAtMs }: KeptFile) => Date.now() - addedAtMs > keptForMs;

async function all(): Promise<KeptFile[]> {
  const database = await open();
  return result(database.transaction('files').objectStore('files').getAll() as IDBRequest<KeptFile[]>).finally(() => database.close());
}

async function change(work: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open();
  const transaction = database.transaction('files', 'readwrite');
  const done = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the browser keeps no files')));
  });
  work(transaction.objectStore('files'));
  await done.finally(() => database.close());
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('snapstream-uploads', 1);
  request.addEventListener('upgradeneeded', () => void request.result.createObjectStore('files', { keyPath: 'id' }));
  return result(request);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser keeps no files')));
  });
}
