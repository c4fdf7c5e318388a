import type { Media } from '#contracts';
import { api, sessionLost } from '../api';
import { connection } from '../connection';
import { uuid } from '../dom';
import { tell } from '../live';
import { messageOf, NetworkProblem, parseProblem } from '../problem';
import { session } from '../session';
import { Topic } from '../store';
import { texts } from '../texts';
import { duplicateOf, isReadable, refusalOf } from './admission';
import { followMedia } from './follow';
import { adoptOrphans, holdPage, keep, letGo, type KeptFile } from './kept-files';
import { outcomeOf } from './outcome';
import { isSettled, isUnsuccessful, statusOf, UploadQueue, type Upload } from './queue';
import { sendFile } from './send';

const parallel = 3;
const interruptionLimit = 5;
/** As after two lost connections: the server gives a dead try up after a minute. */
const busyPause = 2;
/** From here on a lost connection costs more than the two requests that resuming takes. */
const resumableFromBytes = 5 * 1024 ** 2;

interface Source {
  file: File;
  /** The same on every try, so that a try whose answer was lost is not stored twice. */
  idempotencyKey: string;
  stop: AbortController;
  /** Its owner wants it although the same bytes are there already. */
  isWanted: boolean;
  /** All bytes are there; only the medium was not read yet. */
  mediaId?: string;
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

  /** Listens for what happens to media after their upload, and goes on with what an earlier page left. */
  connect(signal: AbortSignal): void {
    followMedia(this.queue, signal);
    globalThis.addEventListener('beforeunload', (event) => this.hasUnsent() && event.preventDefault(), { signal });
    holdPage();
    if (session.value) void adoptOrphans(session.value.id, signal, (files) => void this.#goOn(files));
  }

  async add(files: readonly File[]): Promise<void> {
    const batchId = uuid();
    for (const file of files) {
      const refusal = await refusalOf(file, this.#unsentBytes());
      const entry = { id: uuid(), batchId, file, idempotencyKey: uuid() };
      if (!refusal && session.value) void keep({ ...entry, userId: session.value.id });
      this.#enqueue(entry, refusal);
    }
  }

  fileOf(id: string): File | undefined {
    return this.#sources.get(id)?.file;
  }

  hasUnsent(): boolean {
    return this.queue.all.some(isUnsent);
  }

  canPause({ state, sizeBytes }: Upload): boolean {
    return state === 'sending' && sizeBytes >= resumableFromBytes;
  }

  /** What the server has of it stays there; `retry` goes on from there. */
  pause(id: string): void {
    this.queue.pause(id);
    this.#sources.get(id)?.stop.abort(new DOMException('Paused', 'PauseError'));
    this.#startNext();
  }

  cancel(id: string): void {
    this.queue.cancel(id);
    this.#sources.get(id)?.stop.abort(new DOMException('Cancelled', 'AbortError'));
    void letGo(id);
    this.#startNext();
  }

  /** Another try, going on after a pause, or sending what is there already. */
  async retry(id: string): Promise<void> {
    const upload = this.queue.get(id);
    if (upload?.state === 'sent' && upload.media) {
      const media = await api.retryMedium(upload.media.id);
      tell({ type: 'media', media });
      return;
    }
    const source = this.#sources.get(id);
    if (source) this.#sources.set(id, { ...source, stop: new AbortController(), isWanted: source.isWanted || upload?.state === 'duplicate' });
    this.queue.retry(id);
    this.#startNext();
  }

  clearSettled(): void {
    for (const upload of this.queue.all.filter(isSettled)) this.remove(upload.id);
  }

  /** The session ended: nothing goes on here. What is kept over a reload stays kept. */
  clear(): void {
    for (const { id } of this.queue.all) {
      this.#sources.get(id)?.stop.abort(new DOMException('Signed out', 'PauseError'));
      this.#sources.delete(id);
      this.queue.remove(id);
    }
  }

  remove(id: string): void {
    this.#sources.delete(id);
    void letGo(id);
    this.queue.remove(id);
  }

  #enqueue({ id, batchId, file, idempotencyKey }: { id: string; batchId: string; file: File; idempotencyKey: string }, refusal: string | null): void {
    if (!refusal) this.#sources.set(id, { file, idempotencyKey, stop: new AbortController(), isWanted: false });
    this.queue.add({ id, batchId, name: file.name, sizeBytes: file.size, refusal });
    this.#startNext();
  }

  async #goOn(files: readonly KeptFile[]): Promise<void> {
    for (const kept of files) this.#enqueue(kept, (await isReadable(kept.file)) ? null : texts.upload.unreadable);
  }

  #unsentBytes(): number {
    return this.queue.all.filter(isUnsent).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  #startNext(): void {
    for (const upload of this.queue.startNext(performance.now())) void this.#send(upload);
  }

  async #send(upload: Upload): Promise<void> {
    const source = this.#sources.get(upload.id);
    if (!source) return this.queue.fail(upload.id, texts.upload.unreadable);
    try {
      const duplicate = source.isWanted || upload.interruptions > 0 ? null : await duplicateOf(source.file);
      if (source.stop.signal.aborted) return;
      if (duplicate) return this.queue.holdDuplicate(upload.id, duplicate);
      const media = await this.#bytesOut(upload, source);
      this.queue.sent(upload.id, media);
      void letGo(upload.id);
      connection.back('media');
      tell({ type: 'media', media });
    } catch (error) {
      if (!source.stop.signal.aborted) await this.#failed(upload, error);
    } finally {
      this.#startNext();
    }
  }

  async #bytesOut({ id, batchId, sizeBytes }: Upload, source: Source): Promise<Media> {
    const { file, idempotencyKey, stop: { signal } } = source;
    const progress = (loadedBytes: number): void => this.queue.progress(id, loadedBytes, performance.now());
    if (sizeBytes < resumableFromBytes) return sendFile({ file, idempotencyKey, batchId, signal, progress });
    const { sendResumable } = await import('./send-resumable');
    source.mediaId ??= await sendResumable({ file, batchId, signal, progress, refused: parseProblem, unreachable: () => new NetworkProblem() });
    return api.medium(source.mediaId);
  }

  async #failed(upload: Upload, error: unknown): Promise<void> {
    const outcome = outcomeOf(error);
    if (outcome === 'signed-out') {
      sessionLost.emit();
      return this.queue.fail(upload.id, texts.upload.sessionEnded);
    }
    if (outcome === 'refused') {
      void letGo(upload.id);
      return this.queue.refuse(upload.id, messageOf(error));
    }
    if (outcome === 'failed') return this.queue.fail(upload.id, messageOf(error));
    if (!(await isReadable(this.fileOf(upload.id)))) return this.queue.fail(upload.id, texts.upload.unreadable);
    if (error instanceof NetworkProblem) connection.lost('unreachable', 'media');
    const isBusy = outcome === 'busy';
    const message = isBusy ? texts.upload.busy : texts.upload.lost;
    this.queue.stall(upload.id, message);
    // It keeps its place among those that send, so that the others do not run into the same wall meanwhile.
    await connection.pause(isBusy ? busyPause : (this.queue.get(upload.id)?.interruptions ?? 0));
    while (!navigator.onLine) await connection.pause(interruptionLimit);
    if (!this.queue.interrupt(upload.id, message, isBusy ? Number.POSITIVE_INFINITY : interruptionLimit)) this.queue.fail(upload.id, texts.upload.lostForGood);
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

const isUnsent = ({ state }: Upload) => state === 'waiting' || state === 'sending' || state === 'paused';

export const uploads = new Uploads();
