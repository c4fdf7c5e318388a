import { defaultOptions, Upload, type DetailedError, type HttpResponse } from 'tus-js-client';

// Loaded on demand. It imports nothing from the page, because the bundler would move shared code out of the page's
// script.

/** A file on its way, by either protocol. */
export interface TransferOptions {
  file: File;
  batchId: string;
  signal: AbortSignal;
  progress: (loadedBytes: number) => void;
}

export interface ResumableOptions extends TransferOptions {
  toProblem: (status: number, body: string) => Error;
  networkProblem: () => Error;
}

const endpoint = '/api/uploads';
const mediaIdHeader = 'Snapstream-Media-Id';

/**
 * Sends a file by tus, continuing where an earlier attempt for the same file ended, in this page or another. Resolves
 * with the id of the medium. When `signal` aborts with a reason named `AbortError`, the server deletes its bytes; with
 * any other reason it keeps them.
 * @throws the errors that `toProblem` and `networkProblem` return, or the reason of `signal`
 */
export async function sendResumable({
  file,
  batchId,
  signal,
  progress,
  toProblem,
  networkProblem,
}: ResumableOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let mediaId: string | undefined;
  let unknown: Error | undefined;
  const upload = new Upload(file, {
    endpoint,
    metadata: { filename: file.name, batch: batchId },
    retryDelays: null, // the upload queue retries
    removeFingerprintOnSuccess: true,
    onProgress: (loadedBytes) => progress(loadedBytes),
    onAfterResponse: (request, response) => {
      mediaId = response.getHeader(mediaIdHeader) ?? mediaId;
      if (request.getMethod() === 'HEAD' && !isDecided(response.getStatus()))
        throw (unknown = toProblem(response.getStatus(), ''));
    },
    onSuccess: () => (mediaId ? resolve(mediaId) : reject(networkProblem())),
    onError: (error) => {
      if (unknown) return reject(unknown);
      const response = responseOf(error);
      reject(response?.getStatus() ? toProblem(response.getStatus(), response.getBody()) : networkProblem());
    },
  });
  signal.addEventListener('abort', () => {
    const isCancelled = (signal.reason as Error).name === 'AbortError';
    void upload.abort(isCancelled).catch(() => undefined); // the server deletes it after a day
    reject(signal.reason as Error);
  });
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  if (!signal.aborted) upload.start();
  return promise;
}

/** Deletes unfinished uploads of a file from the server, which would otherwise keep them for a day. */
export async function abandonResumable(file: File): Promise<void> {
  const options = { endpoint, retryDelays: null };
  for (const previous of await new Upload(file, options).findPreviousUploads()) {
    const upload = new Upload(file, options);
    upload.resumeFromPreviousUpload(previous);
    await upload.abort(true).catch(() => undefined);
  }
}

/** Returns how many bytes the server has of a file that was sent from this browser before; 0 where that is unknown. */
export async function storedBytes(file: { name: string; sizeBytes: number; batchId: string }): Promise<number> {
  const uploads = (await defaultOptions.urlStorage?.findAllUploads()) ?? [];
  const known = uploads.find(
    ({ size, metadata }) =>
      size === file.sizeBytes && metadata['filename'] === file.name && metadata['batch'] === file.batchId,
  );
  if (!known?.uploadUrl) return 0;
  const answer = await fetch(known.uploadUrl, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } }).catch(
    () => undefined,
  );
  return Number(answer?.headers.get('upload-offset') ?? 0);
}

/**
 * True when the response shows whether the upload exists. After any other response (logged out, a service is
 * unavailable) tus-js-client would restart from the first byte.
 */
const isDecided = (status: number) => (status >= 200 && status < 300) || status === 404 || status === 410;

const responseOf = (error: Error | DetailedError): HttpResponse | null | undefined =>
  'originalResponse' in error ? error.originalResponse : null;
