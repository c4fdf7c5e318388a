import type { Media } from '#contracts';
import { api, sessionLost } from '../api';
import { connection } from '../connection';
import { uuid } from '../dom';
import { live, tell } from '../live';
import { ApiProblem, NetworkProblem, isTemporary, messageOf } from '../problem';
import { Topic } from '../store';
import { texts } from '../texts';
import { isSettled, isUnsuccessful, statusOf, UploadQueue, type Upload } from './queue';
import { sendFile } from './send';
import { obviouslyUnsupported, sniffBytes } from './sniff';

const parallel = 3;
const interruptionLimit = 5;
/** Refusals that the same file meets again on every try. */
const finalCodes = new Set(['unsupported_media_type', 'file_too_large', 'empty_file']);

interface Source {
  file: File;
  /** The same on every try, so that a try whose answer was lost is not stored twice. */
  idempotencyKey: string;
  stop: AbortController;
}

/** All uploads of this page, outside of any page so that they go on while people look around. */
class Uploads {
  /** The id of the upload that changed. */
  readonly changed = new Topic<string>();
  /** A drop whose files are all settled. */
  readonly batchSettled = new Topic<{ ready: number; failed: number }>();
  readonly queue = new UploadQueue({ parallel, changed: (id) => this.#changed(id) });
  readonly #sources = new Map<string, Source>();
  readonly #announced = new Set<string>();

  /** Listens for what happens to media after their upload. */
  connect(signal: AbortSignal): void {
    live.media.on((media) => this.queue.applyMedia(media), signal);
    live.mediaDeleted.on((id) => this.queue.removeMedia(id), signal);
    live.refetch.on(() => void this.#refetch(), signal);
    globalThis.addEventListener('beforeunload', (event) => this.hasUnsent() && event.preventDefault(), { signal });
  }

  async add(files: readonly File[]): Promise<void> {
    const batchId = uuid();
    for (const file of files) {
      const id = uuid();
      const refusal = await refusalOf(file);
      if (!refusal) this.#sources.set(id, { file, idempotencyKey: uuid(), stop: new AbortController() });
      this.queue.add({ id, batchId, name: file.name, sizeBytes: file.size, refusal });
      this.#startNext();
    }
  }

  fileOf(id: string): File | undefined {
    return this.#sources.get(id)?.file;
  }

  hasUnsent(): boolean {
    return this.queue.all.some(({ state }) => state === 'waiting' || state === 'sending');
  }

  cancel(id: string): void {
    this.queue.cancel(id);
    this.#sources.get(id)?.stop.abort(new DOMException('Cancelled', 'AbortError'));
    this.#startNext();
  }

  async retry(id: string): Promise<void> {
    const upload = this.queue.get(id);
    if (upload?.state === 'sent' && upload.media) {
      const media = await api.retryMedium(upload.media.id);
      tell({ type: 'media', media });
      return;
    }
    const source = this.#sources.get(id);
    if (source) this.#sources.set(id, { ...source, stop: new AbortController() });
    this.queue.retry(id);
    this.#startNext();
  }

  clearSettled(): void {
    for (const upload of this.queue.all.filter(isSettled)) this.remove(upload.id);
  }

  /** Logging out ends and forgets everything. */
  clear(): void {
    for (const { id } of this.queue.all) {
      this.cancel(id);
      this.remove(id);
    }
  }

  remove(id: string): void {
    this.#sources.delete(id);
    this.queue.remove(id);
  }

  #startNext(): void {
    for (const upload of this.queue.startNext(performance.now())) void this.#send(upload);
  }

  async #send(upload: Upload): Promise<void> {
    const source = this.#sources.get(upload.id);
    if (!source) return this.queue.fail(upload.id, texts.upload.unreadable);
    const { file, idempotencyKey, stop } = source;
    const progress = (loadedBytes: number): void => this.queue.progress(upload.id, loadedBytes, performance.now());
    try {
      const media = await sendFile({ file, idempotencyKey, batchId: upload.batchId, signal: stop.signal, progress });
      this.queue.sent(upload.id, media);
      connection.back();
      tell({ type: 'media', media });
    } catch (error) {
      if (!stop.signal.aborted) await this.#failed(upload, error);
    }
    this.#startNext();
  }

  async #failed(upload: Upload, error: unknown): Promise<void> {
    if (error instanceof ApiProblem && error.status === 401) {
      sessionLost.emit();
      return this.queue.fail(upload.id, texts.upload.sessionEnded);
    }
    const again = isTemporary(error) || (error instanceof ApiProblem && error.code === 'idempotency_in_progress');
    if (error instanceof ApiProblem && finalCodes.has(error.code)) return this.queue.refuse(upload.id, error.message);
    if (!again) return this.queue.fail(upload.id, messageOf(error));
    if (!(await isReadable(this.fileOf(upload.id)))) return this.queue.fail(upload.id, texts.upload.unreadable);
    if (error instanceof NetworkProblem) connection.lost('unreachable');
    const attempt = this.queue.get(upload.id)?.interruptions ?? 0;
    this.queue.stall(upload.id, texts.upload.lost);
    // It keeps its place among those that send, so that the others do not run into the same wall meanwhile.
    await connection.pause(attempt);
    if (!this.queue.interrupt(upload.id, texts.upload.lost, interruptionLimit)) this.queue.fail(upload.id, texts.upload.lostForGood);
  }

  async #refetch(): Promise<void> {
    const open = this.queue.all.filter((upload) => upload.state === 'sent' && !isSettled(upload));
    for (const { media } of open) {
      if (!media) continue;
      await api.medium(media.id).then(
        (fresh: Media) => this.queue.applyMedia(fresh),
        (error: unknown) => error instanceof ApiProblem && error.status === 404 && this.queue.removeMedia(media.id),
      );
    }
  }

  #changed(id: string): void {
    this.changed.emit(id);
    const upload = this.queue.get(id);
    if (upload && isSettled(upload)) this.#settled(upload.batchId);
  }

  /** One word per drop, not one per file. */
  #settled(batchId: string): void {
    const batch = this.queue.all.filter((upload) => upload.batchId === batchId);
    if (this.#announced.has(batchId) || !batch.every(isSettled)) return;
    const ready = batch.filter((upload) => statusOf(upload) === 'completed').length;
    const failed = batch.filter(isUnsuccessful).length;
    if (ready + failed === 0) return;
    this.#announced.add(batchId);
    this.batchSettled.emit({ ready, failed });
  }
}

export const uploads = new Uploads();

async function refusalOf(file: File): Promise<string | null> {
  if (file.size === 0) return texts.upload.empty;
  try {
    const head = new Uint8Array(await file.slice(0, sniffBytes).arrayBuffer());
    return obviouslyUnsupported(head) ? texts.upload.unsupported : null;
  } catch {
    return texts.upload.unreadable;
  }
}

/** A file that changed or vanished on disk makes the request fail like a lost connection. */
async function isReadable(file: File | undefined): Promise<boolean> {
  if (!file) return false;
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}
