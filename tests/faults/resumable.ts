import { setTimeout as sleep } from 'node:timers/promises';
import { DetailedError, Upload } from 'tus-js-client';
import type { Problem } from '#contracts';
import type { ApiClient } from '#testing';
import type { TestFile } from './files';

const PIECES = 3;
/** The server knows nothing of the upload: it begins anew. */
const GONE = new Set([404, 410]);

/** The outcome of one try. `seconds` is from the last byte to the answer. */
export type Try = { id: string } | { refusedWith: number; code: string; seconds: number } | { torn: string };

/** Tries of one resumable upload by the real client, each going on where the one before it ended. */
export function sendResumable(api: ApiClient, { name, bytes }: TestFile, paceMs: number): () => Promise<Try> {
  let uploadUrl: string | null = null;
  return () => {
    const outcome = Promise.withResolvers<Try>();
    let sentAt = Date.now();
    const upload: Upload = new Upload(bytes as never, {
      ...(uploadUrl ? { uploadUrl } : { endpoint: `${api.baseUrl}/api/uploads` }), // with both it begins anew as soon as the server is away
      metadata: { filename: name },
      chunkSize: Math.ceil(bytes.length / PIECES),
      retryDelays: null,
      onBeforeRequest: async (request) => {
        request.setHeader('Cookie', api.cookie); // the session may be another one by now
        if (request.getMethod() === 'PATCH') await sleep(paceMs / PIECES);
        sentAt = Date.now();
      },
      onUploadUrlAvailable: () => (uploadUrl = upload.url),
      onSuccess: ({ lastResponse }) => outcome.resolve({ id: lastResponse.getHeader('Snapstream-Media-Id') ?? '' }),
      onError: (error) => {
        const refused = refusal(error, (Date.now() - sentAt) / 1_000);
        if ('refusedWith' in refused && GONE.has(refused.refusedWith)) uploadUrl = null;
        outcome.resolve(refused);
      },
    });
    upload.start();
    return outcome.promise;
  };
}

function refusal(error: Error, seconds: number): Try {
  const response = error instanceof DetailedError ? error.originalResponse : null;
  if (!response?.getStatus()) return { torn: error.message };
  return { refusedWith: response.getStatus(), code: codeOf(response.getBody()), seconds };
}

function codeOf(body: string): string {
  try {
    return (JSON.parse(body) as Problem).code;
  } catch {
    return body.slice(0, 100);
  }
}
