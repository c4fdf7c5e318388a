import { Upload, type DetailedError, type HttpResponse } from 'tus-js-client';
import type { SendOptions } from './send';

// Loaded when it is needed, and imports types alone: what it shared with the page would be cut out of the page's script.

export interface ResumableOptions extends Omit<SendOptions, 'idempotencyKey'> {
  refused: (status: number, body: string) => Error;
  unreachable: () => Error;
}

const endpoint = '/api/uploads';
const mediaIdHeader = 'Snapstream-Media-Id';

/**
 * Sends a file by tus: goes on where an earlier try of the same file ended, of this page or another. Resolves with the
 * id of the medium. When `signal` aborts with a reason named `AbortError`, the server forgets what it has; with any other it keeps it.
 */
export async function sendResumable({
  file,
  batchId,
  signal,
  progress,
  refused,
  unreachable,
}: ResumableOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let mediaId: string | undefined;
  let unknown: Error | undefined;
  const upload = new Upload(file, {
    endpoint,
    metadata: { filename: file.name, batch: batchId },
    retryDelays: null, // the queue knows when the connection is back
    removeFingerprintOnSuccess: true,
    onProgress: (loadedBytes) => progress(loadedBytes),
    onAfterResponse: (request, response) => {
      mediaId = response.getHeader(mediaIdHeader) ?? mediaId;
      if (request.getMethod() === 'HEAD' && !isDecided(response.getStatus()))
        throw (unknown = refused(response.getStatus(), ''));
    },
    onSuccess: () => (mediaId ? resolve(mediaId) : reject(unreachable())),
    onError: (error) => {
      if (unknown) return reject(unknown);
      const response = responseOf(error);
      reject(response?.getStatus() ? refused(response.getStatus(), response.getBody()) : unreachable());
    },
  });
  signal.addEventListener('abort', () => {
    const isGivenUp = (signal.reason as Error).name === 'AbortError';
    void upload.abort(isGivenUp).catch(() => undefined); // erased by the server in a day
    reject(signal.reason as Error);
  });
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  if (!signal.aborted) upload.start();
  return promise;
}

/** Ends what earlier tries of a file left on the server, where there are any: else it stays there for a day. */
export async function abandonResumable(file: File): Promise<void> {
  const options = { endpoint, retryDelays: null };
  for (const previous of await new Upload(file, options).findPreviousUploads()) {
    const upload = new Upload(file, options);
    upload.resumeFromPreviousUpload(previous);
    await upload.abort(true).catch(() => undefined);
  }
}

/** It is there, or it is not. After any other answer (nobody is logged in, a part is away) tus' client would begin from the first byte. */
const isDecided = (status: number) => (status >= 200 && status < 300) || status === 404 || status === 410;

const responseOf = (error: Error | DetailedError): HttpResponse | null | undefined =>
  'originalResponse' in error ? error.originalResponse : null;
