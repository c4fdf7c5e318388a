import { setTimeout as sleep } from 'node:timers/promises';
import { DetailedError, Upload } from 'tus-js-client';
import type { Problem } from '#contracts';
import type { ApiClient } from '#testing';
import type { TestFile } from './files';

const PIECES = 3;
/** The upload does not exist on the server any more: the next attempt creates another one. */
const UNKNOWN_UPLOAD = new Set([404, 410]);

/** The outcome of one attempt. `seconds` is from the last byte to the response. */
export type Attempt =
  | { id: string }
  | { refusedWith: number; code: string; seconds: number }
  | { lostResponse: string };

/** Returns a function that attempts one upload with tus-js-client; each call resumes where the last one ended. */
export function sendResumable(api: ApiClient, { name, bytes }: TestFile, paceMs: number): () => Promise<Attempt> {
  let uploadUrl: string | null = null;
  return () => {
    const outcome = Promise.withResolvers<Attempt>();
    let sentAt = Date.now();
    const upload: Upload = new Upload(bytes as never, {
      // with both it would create another upload as soon as the server is unavailable
      ...(uploadUrl ? { uploadUrl } : { endpoint: `${api.baseUrl}/api/uploads` }),
      metadata: { filename: name },
      chunkSize: Math.ceil(bytes.length / PIECES),
      retryDelays: null,
      onBeforeRequest: async (request) => {
        request.setHeader('Cookie', api.cookie); // the client may have logged in again meanwhile
        if (request.getMethod() === 'PATCH') await sleep(paceMs / PIECES);
        sentAt = Date.now();
      },
      onUploadUrlAvailable: () => (uploadUrl = upload.url),
      onSuccess: ({ lastResponse }) => outcome.resolve({ id: lastResponse.getHeader('Snapstream-Media-Id') ?? '' }),
      onError: (error) => {
        const refused = toAttempt(error, (Date.now() - sentAt) / 1_000);
        if ('refusedWith' in refused && UNKNOWN_UPLOAD.has(refused.refusedWith)) uploadUrl = null;
        outcome.resolve(refused);
      },
    });
    upload.start();
    return outcome.promise;
  };
}

function toAttempt(error: Error, seconds: number): Attempt {
  const response = error instanceof DetailedError ? error.originalResponse : null;
  if (!response?.getStatus()) return { lostResponse: error.message };
  return { refusedWith: response.getStatus(), code: codeOf(response.getBody()), seconds };
}

function codeOf(body: string): string {
  try {
    return (JSON.parse(body) as Problem).code;
  } catch {
    return body.slice(0, 100);
  }
}
