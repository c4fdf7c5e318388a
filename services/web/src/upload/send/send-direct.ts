import type { DirectUpload } from '#contracts';
import type { ResumableOptions } from './send-resumable';

// Loaded on demand, as the other way to send: it imports only types from the page.

const endpoint = '/api/uploads/direct';
const parallelParts = 3;
/** Hashing more would delay the first visible progress; S3 verifies the hash of a single PUT only. */
const hashLimitBytes = 8 * 1024 ** 2;
/** S3: the object is there already, so an earlier attempt stored it, and its answer was lost. */
const alreadyStored = 412;

/** A file on its way to the bucket. Kept in the session storage of the tab, so that it continues after a reload. */
interface Transfer extends DirectUpload {
  /** Indexes of the addresses that have their bytes. */
  sent: number[];
}

/** Set when the bucket could not be reached at all, e.g. because its CORS rules do not name this site. */
let isUnreachable = false;
let wasReached = false;

/**
 * Sends a file straight to the bucket, continuing an earlier attempt of this tab. Resolves with the id of the medium,
 * or with null where the file has to be sent in another way. When `signal` aborts with a reason named `AbortError`, the
 * server deletes the bytes; with any other reason it keeps them.
 * @throws the errors that `toProblem` and `networkProblem` return, or the reason of `signal`
 */
export async function sendDirect(options: ResumableOptions): Promise<string | null> {
  if (isUnreachable) return null;
  const transfer = restored(options) ?? (await begin(options));
  const giveUp = (): void => void call('DELETE', `/${transfer.id}`).catch(() => undefined);
  options.signal.addEventListener('abort', () => {
    if ((options.signal.reason as Error).name !== 'AbortError') return;
    giveUp();
    keep(options, null);
  });
  if (!(await sendParts(transfer, options))) {
    giveUp();
    keep(options, null);
    return null;
  }
  const answer = await call('POST', `/${transfer.id}/complete`, {}).catch(() => {
    throw options.networkProblem();
  });
  if (answer.status !== 423 && answer.status < 500 && answer.status !== 401) keep(options, null);
  if (answer.status !== 201) throw options.toProblem(answer.status, await answer.text());
  return ((await answer.json()) as { id: string }).id;
}

async function begin(options: ResumableOptions): Promise<Transfer> {
  const { file, batchId, toProblem, networkProblem } = options;
  const sha256 = await hashOf(file);
  const declared = { filename: file.name, sizeBytes: file.size, batch: batchId, ...(sha256 && { sha256 }) };
  const answer = await call('POST', '', declared).catch(() => {
    throw networkProblem();
  });
  if (answer.status !== 201) throw toProblem(answer.status, await answer.text());
  return { ...((await answer.json()) as DirectUpload), sent: [] };
}

/** Resolves to false when the bucket refuses the bytes or cannot be reached. */
async function sendParts(transfer: Transfer, options: ResumableOptions): Promise<boolean> {
  const bytesOf = (at: number): number => Math.min(transfer.partBytes, options.file.size - at * transfer.partBytes);
  const loaded = transfer.urls.map((_url, at) => (transfer.sent.includes(at) ? bytesOf(at) : 0));
  const report = (): void => options.progress(loaded.reduce((sum, bytes) => sum + bytes, 0));
  const waiting = [...transfer.urls.keys()].filter((at) => !transfer.sent.includes(at));
  const worker = async (): Promise<boolean> => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const part = at;
      const status = await put(transfer, options, part, (bytes) => {
        loaded[part] = bytes;
        report();
      });
      if (status !== alreadyStored && status >= 300) return false;
      transfer.sent.push(part);
      keep(options, transfer);
    }
    return true;
  };
  const outcomes = await Promise.all(Array.from({ length: parallelParts }, worker)).catch((error: unknown) => {
    if (options.signal.aborted || wasReached) throw error;
    isUnreachable = true;
    return [false];
  });
  return outcomes.every(Boolean);
}

/** XMLHttpRequest, because fetch does not report upload progress. Resolves with the status. */
function put(
  { urls, headers, partBytes }: Transfer,
  { file, signal, networkProblem }: ResumableOptions,
  at: number,
  progress: (bytes: number) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const request = new XMLHttpRequest();
    request.open('PUT', urls[at]!);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      wasReached = true;
      resolve(request.status);
    });
    request.addEventListener('error', () => reject(networkProblem()));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file.slice(at * partBytes, (at + 1) * partBytes));
  });
}

/** Returns undefined where the page is not in a secure context, or the file is large. */
async function hashOf(file: File): Promise<string | undefined> {
  if (file.size > hashLimitBytes || !globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function call(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${endpoint}${path}`, {
    method,
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const storageKey = ({ file, batchId }: ResumableOptions): string =>
  `direct:${batchId}:${file.size}:${file.lastModified}:${file.name}`;

function restored(options: ResumableOptions): Transfer | null {
  const text = sessionStorage.getItem(storageKey(options));
  const transfer = text ? (JSON.parse(text) as Transfer) : null;
  return transfer && Date.parse(transfer.expiresAt) > Date.now() ? transfer : null;
}

/** The storage may be full or blocked: then the file is sent from its beginning after a reload. */
function keep(options: ResumableOptions, transfer: Transfer | null): void {
  try {
    if (transfer) sessionStorage.setItem(storageKey(options), JSON.stringify(transfer));
    else sessionStorage.removeItem(storageKey(options));
  } catch {
    // as above
  }
}
