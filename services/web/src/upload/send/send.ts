import type { Media } from '#contracts';
import { api } from '../../network/api';
import { NetworkProblem, parseProblem } from '../../network/problem';
import type { PendingFile } from '../pending-files';
import type { Upload } from '../queue/upload';

/** From here on a lost connection costs more than the two requests that resuming takes. */
const resumableFromBytes = 5 * 1024 ** 2;

/** A file and what its sending needs to know. */
export interface Source {
  /** Its idempotency key is the same on every try, so that a try whose answer was lost is not stored twice. */
  pending: PendingFile;
  file: File;
  stop: AbortController;
  /** Its owner wants it although the same bytes are there already. */
  isWanted: boolean;
  /** An earlier page had it, and may have sent it without seeing the answer. */
  wasKept: boolean;
  /** All bytes are there; only the medium was not read yet. */
  mediaId?: string;
}

/** Whether what arrived of a file counts after a pause. */
export function isResumable(sizeBytes: number): boolean {
  return sizeBytes >= resumableFromBytes;
}

/** Sends all bytes of a file; `progress` hears how many are out. Resolves with the medium, as it was stored. */
export async function sendBytes(
  { batchId, sizeBytes }: Upload,
  source: Source,
  progress: (loadedBytes: number) => void,
): Promise<Media> {
  const {
    file,
    pending: { idempotencyKey },
    stop: { signal },
  } = source;
  if (!isResumable(sizeBytes)) return sendFile({ file, idempotencyKey, batchId, signal, progress });
  const { sendResumable } = await import('./send-resumable');
  source.mediaId ??= await sendResumable({
    file,
    batchId,
    signal,
    progress,
    refused: parseProblem,
    unreachable: () => new NetworkProblem(),
  });
  return api.medium(source.mediaId);
}

/** Has the server forget what arrived of a file while it is not being sent. */
export async function abandon({ file }: Source): Promise<void> {
  if (!isResumable(file.size)) return;
  const { abandonResumable } = await import('./send-resumable');
  await abandonResumable(file);
}

export interface SendOptions {
  file: File;
  idempotencyKey: string;
  batchId: string;
  signal: AbortSignal;
  progress: (loadedBytes: number) => void;
}

/** One multipart POST. XMLHttpRequest, because fetch does not tell how much of a body went out. */
function sendFile({ file, idempotencyKey, batchId, signal, progress }: SendOptions): Promise<Media> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/media');
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('idempotency-key', idempotencyKey);
    request.setRequestHeader('snapstream-batch', batchId);
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Media);
      else reject(parseProblem(request.status, request.responseText));
    });
    request.addEventListener('error', () => reject(new NetworkProblem()));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const body = new FormData();
    body.append('file', file, file.name);
    request.send(body);
  });
}
