import type { Media } from '#contracts';
import { NetworkProblem, parseProblem } from '../problem';

export interface SendOptions {
  file: File;
  idempotencyKey: string;
  batchId: string;
  signal: AbortSignal;
  progress: (loadedBytes: number) => void;
}

/** One multipart POST. XMLHttpRequest, because fetch does not tell how much of a body went out. */
export function sendFile({ file, idempotencyKey, batchId, signal, progress }: SendOptions): Promise<Media> {
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
