import type { Media } from '#contracts';
import { api } from '../../network/api';
import { NetworkProblem, parseProblem } from '../../network/problem';
import { stats } from '../../state/stats';
import type { PendingFile } from '../pending-database';
import type { Upload } from '../queue/upload';
import type { ResumableOptions, TransferOptions } from './send-resumable';

/** From this size on, resending after a lost connection costs more than the two requests of a resumable upload. */
const resumableFromBytes = 5 * 1024 ** 2;

/** A file and the state of its sending. */
export interface Source {
  /** Its idempotency key is the same in every attempt, so that a file is stored once even if a response was lost. */
  pending: PendingFile;
  file: File;
  stop: AbortController;
  /** The user uploads it although the same bytes are stored already. */
  isWanted: boolean;
  /** Adopted from a closed page, which may have sent it without receiving the response. */
  wasKept: boolean;
  /** Set when all bytes are stored and only the medium was not read yet. */
  mediaId?: string;
}

/** Returns true for files that are sent by tus, whose stored bytes count after a pause. */
export function isResumable(sizeBytes: number): boolean {
  return sizeBytes >= resumableFromBytes;
}

/**
 * Sends all bytes of a file and calls `progress` with the number sent. Resolves with the stored medium.
 * @throws ApiProblem, NetworkProblem, or the reason of `source.stop`
 */
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
  const options = { file, batchId, signal, progress, toProblem: parseProblem, networkProblem };
  source.mediaId ??= (await sendToBucket(options)) ?? (await (await import('./send-resumable')).sendResumable(options));
  return api.medium(source.mediaId);
}

/** Resolves with null where the bucket takes no bytes of this page. */
async function sendToBucket(options: ResumableOptions): Promise<string | null> {
  if (!stats.value?.directUploads) return null;
  const { sendDirect } = await import('./send-direct');
  return sendDirect(options);
}

/** Deletes the stored bytes of an unfinished resumable upload that is not being sent. */
export async function abandon({ file }: Source): Promise<void> {
  if (!isResumable(file.size)) return;
  const { abandonResumable } = await import('./send-resumable');
  await abandonResumable(file);
}

const networkProblem = (): Error => new NetworkProblem();

interface SendOptions extends TransferOptions {
  idempotencyKey: string;
}

/** Sends one multipart POST. XMLHttpRequest, because fetch does not report upload progress. */
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
