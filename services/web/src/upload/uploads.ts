import { api } from '../network/api';
import { broadcast } from '../network/live';
import { session } from '../state/session';
import { uuid } from '../ui/dom';
import { Topic } from '../ui/store';
import { chosenFileChecks, keptFileChecks, type FileChecks } from './admission';
import { examine, type ChosenFile } from './examine';
import { followMedia } from './follow';
import { adoptOrphans, forget, holdPage, keepBytes, keepNames, type KeptFile } from './pending-files';
import { Batches } from './queue/batches';
import { MissingUploads } from './queue/missing';
import { UploadQueue } from './queue/queue';
import { isRetryable, isSettled, isUnsent, isUnsuccessful, type Upload } from './queue/upload';
import { rememberDrops, restoreSent, showStoredBytes } from './restore';
import { abandon, isResumable, type Source } from './send/send';
import { Sender } from './send/sender';

const parallel = 3;

/** All uploads of this browser tab, independent of the page shown, so that they continue while the user navigates. */
class Uploads {
  /** The id of the upload that changed. */
  readonly changed = new Topic<string>();
  readonly batches = new Batches();
  readonly queue = new UploadQueue({ parallel, changed: (id) => this.#publishChange(id) });
  readonly #sources = new Map<string, Source>();
  readonly #sender = new Sender(this.queue, this.#sources);

  /** Follows the processing of uploaded media, and resumes unsent files of closed pages, until `signal` aborts. */
  connect(signal: AbortSignal): void {
    followMedia(this.queue, signal);
    const hasUnsent = (): boolean => this.queue.tally.all.unsent > 0;
    globalThis.addEventListener('beforeunload', (event) => hasUnsent() && event.preventDefault(), { signal });
    holdPage(signal);
    if (session.value)
      void adoptOrphans(session.value.id, signal, (files) => this.#resumeAdopted(files)).then(() =>
        restoreSent(this.queue, signal),
      );
  }

  /** Queues all files at once; they are then examined in the background, and each is sent after its examination. */
  add(files: readonly File[]): void {
    const batchId = uuid();
    const missing = new MissingUploads(this.queue.all);
    const chosen = files.map((file): ChosenFile => {
      const { name, size: sizeBytes } = file; // read once: the browser reads the disk for each `size`
      const known = missing.take(name, sizeBytes);
      return { id: uuid(), batchId, idempotencyKey: uuid(), name, sizeBytes, ...known, file };
    });
    this.#keepNames(chosen);
    this.#enqueue(chosen, false);
    void this.#examine(chosen, chosenFileChecks);
  }

  /** The file of an upload, for its preview; undefined when the browser lost it. */
  fileOf(id: string): File | undefined {
    return this.#sources.get(id)?.file;
  }

  canPause({ state, sizeBytes }: Upload): boolean {
    return state === 'sending' && isResumable(sizeBytes);
  }

  /** Stops sending; the server keeps the bytes that it has, and `retry` continues from them. */
  pause(ids: readonly string[]): void {
    for (const id of ids) {
      this.queue.pause(id);
      this.#sources.get(id)?.stop.abort(new DOMException('Paused', 'PauseError'));
    }
    this.#sender.startNext();
  }

  pauseAll(): void {
    this.pause(this.#idsOf(({ state }) => state === 'waiting' || state === 'sending'));
  }

  resumeAll(): void {
    this.#reopen(this.#idsOf(({ state }) => state === 'paused'));
  }

  /** Cancels uploads and deletes their data in this browser and on the server. */
  cancel(ids: readonly string[]): void {
    for (const id of ids) {
      const source = this.#sources.get(id);
      const isSending = this.queue.get(id)?.state === 'sending';
      this.queue.cancel(id);
      source?.stop.abort(new DOMException('Cancelled', 'AbortError'));
      if (source && !isSending) void abandon(source);
    }
    void forget(ids);
    this.#sender.startNext();
  }

  /** Cancels all unsent uploads, and removes the rows of files that would have to be chosen again. */
  cancelAll(): void {
    this.cancel(this.#idsOf(isUnsent));
    this.remove(this.#idsOf(({ state }) => state === 'missing'));
  }

  /** Retries failed uploads and processing, resumes paused uploads, and uploads duplicates anyway. */
  async retry(ids: readonly string[]): Promise<void> {
    const isSent = (id: string): boolean => this.queue.get(id)?.state === 'sent';
    this.#reopen(ids.filter((id) => !isSent(id)));
    for (const id of ids.filter(isSent)) {
      const { media } = this.queue.get(id) ?? {};
      if (media) broadcast({ type: 'media', media: await api.retryMedium(media.id) });
    }
  }

  retryFailed(): Promise<void> {
    return this.retry(this.#idsOf((upload) => isUnsuccessful(upload) && isRetryable(upload)));
  }

  clearSettled(): void {
    this.remove(this.#idsOf((upload) => isSettled(upload) && upload.state !== 'missing'));
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#sources.delete(id);
      this.queue.remove(id);
    }
    void forget(ids);
  }

  /** Stops and removes all uploads when the session ends. Stored files continue after the next login of the user. */
  clear(): void {
    for (const { id } of this.queue.all) {
      this.#sources.get(id)?.stop.abort(new DOMException('Signed out', 'PauseError'));
      this.#sources.delete(id);
      this.queue.remove(id);
    }
  }

  #enqueue(files: readonly KeptFile[], wasKept: boolean): void {
    for (const { file, ...pending } of files)
      if (file) this.#sources.set(pending.id, { pending, file, stop: new AbortController(), isWanted: false, wasKept });
    for (const { id, batchId } of files) if (this.queue.restoreMissing(id)) this.batches.reopen(batchId);
    rememberDrops(files);
    this.queue.add(
      files
        .filter(({ id }) => !this.queue.get(id))
        .map(({ file, ...pending }) => ({ ...pending, ...(!file && { state: 'missing' as const }) })),
    );
  }

  #examine(files: readonly ChosenFile[], checks: FileChecks): Promise<void> {
    return examine(this.queue, files, checks, () => this.#sender.startNext());
  }

  #resumeAdopted(files: readonly KeptFile[]): void {
    this.#enqueue(files, true);
    void showStoredBytes(this.queue, files);
    void this.#examine(
      files.filter((kept): kept is ChosenFile => kept.file !== undefined),
      keptFileChecks,
    );
  }

  #reopen(ids: readonly string[]): void {
    const sources = ids.map((id) => this.#sources.get(id)).filter((source) => source !== undefined);
    const forgotten = sources
      .filter(({ pending }) => this.queue.get(pending.id)?.state === 'cancelled')
      .map(({ pending, file }) => ({ ...pending, file }));
    this.#keepNames(forgotten);
    void keepBytes(forgotten);
    for (const source of sources) {
      const { id } = source.pending;
      this.#sources.set(id, {
        ...source,
        stop: new AbortController(),
        isWanted: source.isWanted || this.queue.get(id)?.state === 'duplicate',
      });
      this.queue.retry(id);
    }
    this.#sender.startNext();
  }

  #keepNames(files: readonly ChosenFile[]): void {
    if (session.value && files.length > 0) void keepNames(files, session.value.id);
  }

  #idsOf(matches: (upload: Upload) => boolean): string[] {
    return this.queue.all.filter(matches).map(({ id }) => id);
  }

  #publishChange(id: string): void {
    this.changed.emit(id);
    const upload = this.queue.get(id);
    if (upload) this.batches.update(upload, this.queue);
  }
}

export const uploads = new Uploads();
