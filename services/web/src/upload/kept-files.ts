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

type Owned = Omit<KeptFile, 'file'>;

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
  if (!canKeep || sum() + size > limitBytes) return;
  keptBytes.set(file.id, size);
  const { file: bytes, ...owned } = file;
  await change((owners, files) => {
    owners.put({ ...owned, pageId, addedAtMs: Date.now() } satisfies Owned);
    files.put(bytes, file.id);
  }).catch(() => undefined);
}

export async function letGo(id: string): Promise<void> {
  keptBytes.delete(id);
  if (canKeep) await change((owners, files) => void [owners.delete(id), files.delete(id)]).catch(() => undefined);
}

/** Somebody logs out on purpose: nothing of theirs stays in this browser. */
export async function forgetAll(): Promise<void> {
  if (canKeep) await change((owners, files) => void [owners.clear(), files.clear()]).catch(() => undefined);
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
    const orphans = (await allOwned()).filter((kept) => !living.has(pageLock(kept.pageId)));
    for (const { id } of orphans.filter(isOld)) await letGo(id);
    const mine = orphans.filter((kept) => !isOld(kept) && kept.userId === userId);
    await change((owners) => mine.forEach((kept) => owners.put({ ...kept, pageId })));
    const files = await Promise.all(mine.map(async (kept) => ({ ...kept, pageId, file: await fileOf(kept.id) })));
    for (const { id, file } of files) keptBytes.set(id, file.size);
    return files.toSorted((one, other) => one.addedAtMs - other.addedAtMs);
  }).catch(() => []);
}

const heldLocks = async () => ((await navigator.locks.query()).held ?? []).flatMap(({ name }) => name ?? []);
const isOld = ({ addedAtMs }: Owned) => Date.now() - addedAtMs > keptForMs;

const allOwned = () => read<Owned[]>('owners', (owners) => owners.getAll());
const fileOf = (id: string) => read<File>('files', (files) => files.get(id));

async function read<T>(store: 'owners' | 'files', ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return result(ask(database.transaction(store).objectStore(store))).finally(() => database.close());
}

async function change(work: (owners: IDBObjectStore, files: IDBObjectStore) => void): Promise<void> {
  const database = await open();
  const transaction = database.transaction(['owners', 'files'], 'readwrite');
  const done = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the browser keeps no files')));
  });
  work(transaction.objectStore('owners'), transaction.objectStore('files'));
  await done.finally(() => database.close());
}

/** Whose a file is changes hands; the file itself is written once, for it may be read meanwhile. */
function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('snapstream-uploads', 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('owners', { keyPath: 'id' });
    request.result.createObjectStore('files');
  });
  return result(request);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser keeps no files')));
  });
}
