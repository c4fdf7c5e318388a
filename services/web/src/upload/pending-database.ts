/** A file that is not sent yet. */
export interface PendingFile {
  id: string;
  batchId: string;
  idempotencyKey: string;
  name: string;
  sizeBytes: number;
}

/** A pending file with its user and page. */
export interface Owned extends PendingFile {
  userId: string;
  /** The page that sends it, in its present session. */
  pageId: string;
  addedAtMs: number;
  /** Its index among the files that were added together. */
  position: number;
}

/**
 * False where nothing is stored: locks show which pages are open, and without them (plain http, old browsers) two pages
 * would send the same files.
 */
export const canKeep = 'locks' in navigator && typeof indexedDB === 'object';

let opened: Promise<IDBDatabase> | undefined;

interface Stores {
  transaction: IDBTransaction;
  owners: IDBObjectStore;
  files: IDBObjectStore;
}

function stores(database: IDBDatabase, mode: IDBTransactionMode): Stores {
  const transaction = database.transaction(['owners', 'files'], mode);
  return { transaction, owners: transaction.objectStore('owners'), files: transaction.objectStore('files') };
}

/** Returns the names of all pending files of this browser. Rejects where it has no database. */
export async function readOwners(): Promise<Owned[]> {
  const { owners } = stores(await open(), 'readonly');
  return result(owners.getAll() as IDBRequest<Owned[]>);
}

/** Returns the stored files of these ids; undefined where only the name is stored. Rejects as `readOwners` does. */
export async function readFiles(ids: readonly string[]): Promise<(File | undefined)[]> {
  const { files } = stores(await open(), 'readonly');
  return Promise.all(ids.map((id) => result(files.get(id) as IDBRequest<File | undefined>)));
}

/** Runs `work` in one transaction; transactions take effect in the order of the calls. Never throws. */
export async function change(work: (owners: IDBObjectStore, files: IDBObjectStore) => void): Promise<void> {
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
