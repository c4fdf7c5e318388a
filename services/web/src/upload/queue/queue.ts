import type { Media } from '#contracts';
import { isOlder } from '../../state/freshness';
import { RateMeter } from './rate-meter';
import { Tally } from './tally';
import { fresh, idle, isUnsent, type Upload } from './upload';

/** Waiting, unless it has another state. */
export type NewUpload = Pick<Upload, 'id' | 'batchId' | 'name' | 'sizeBytes'> & Partial<Upload>;

/** The state of all uploads, without network and page. `changed` is called with the id of each changed upload. */
export class UploadQueue {
  readonly tally = new Tally();
  readonly #uploads = new Map<string, Upload>();
  /** Ids of uploads by the id of their medium. */
  readonly #byMedium = new Map<string, string>();
  readonly #meters = new Map<string, RateMeter>();
  /** Events of media whose upload has no response yet: a small picture can be ready before its 201 arrives. */
  readonly #early = new Map<string, Media>();
  readonly #changed: (id: string) => void;
  readonly #parallel: number;

  constructor(options: { parallel: number; changed: (id: string) => void }) {
    this.#parallel = options.parallel;
    this.#changed = options.changed;
  }

  get all(): Upload[] {
    return [...this.#uploads.values()];
  }

  get size(): number {
    return this.#uploads.size;
  }

  get(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  /** Adds all files of a drop at once, so that its totals are known before the first changes. */
  add(files: readonly NewUpload[]): void {
    for (const file of files) this.#put({ ...fresh, ...file });
    for (const { id } of files) this.#changed(id);
  }

  /** Allows an examined file to be sent. */
  admit(id: string): void {
    this.#change(id, { isAdmitted: true });
  }

  /** Restarts a missing upload whose file was chosen again; returns false when it was not missing. */
  restoreMissing(id: string): boolean {
    if (this.#uploads.get(id)?.state !== 'missing') return false;
    this.#change(id, fresh);
    return true;
  }

  /** Shows how many bytes of a missing upload the server has. */
  setStoredBytes(id: string, loadedBytes: number): void {
    if (this.#uploads.get(id)?.state === 'missing') this.#change(id, { loadedBytes });
  }

  /** Marks the next waiting uploads as sending, as far as the parallel limit allows, and returns them. */
  startNext(nowMs: number): Upload[] {
    const next: Upload[] = [];
    let free = this.#parallel - this.tally.all.sending;
    if (free <= 0) return next;
    for (const upload of this.#uploads.values()) {
      if (upload.state !== 'waiting' || !upload.isAdmitted) continue;
      next.push(upload);
      if ((free -= 1) === 0) break;
    }
    for (const { id } of next) {
      this.#meters.set(id, new RateMeter(nowMs));
      this.#change(id, { state: 'sending', message: null });
    }
    return next;
  }

  updateProgress(id: string, loadedBytes: number, nowMs: number): void {
    const upload = this.#uploads.get(id);
    const meter = this.#meters.get(id);
    if (upload?.state !== 'sending' || !meter) return;
    const loaded = Math.min(loadedBytes, upload.sizeBytes);
    const bytesPerSecond = meter.measure(loaded, nowMs);
    const secondsLeft = bytesPerSecond ? (upload.sizeBytes - loaded) / bytesPerSecond : null;
    // Progress resets the count, so that a bad connection may be interrupted often as long as bytes arrive.
    const interruptions = loaded > upload.loadedBytes ? 0 : upload.interruptions;
    this.#change(id, { loadedBytes: loaded, bytesPerSecond, secondsLeft, interruptions });
  }

  markSent(id: string, media: Media): void {
    this.#change(id, {
      state: 'sent',
      media,
      loadedBytes: this.#uploads.get(id)?.sizeBytes ?? 0,
      message: null,
      ...idle,
    });
    const early = this.#early.get(media.id);
    if (early) this.applyMedia(early);
    if (this.tally.all.sending === 0) this.#early.clear();
  }

  fail(id: string, message: string): void {
    this.#change(id, { state: 'error', message, ...idle });
  }

  /** Settles an upload that a retry cannot help, because the file itself was refused. */
  refuse(id: string, message: string): void {
    this.#change(id, { state: 'refused', message, ...idle });
  }

  /** Shows the reason why nothing is sent, while the upload keeps its slot. */
  stall(id: string, message: string): void {
    this.#change(id, { message, ...idle });
  }

  /** Queues an upload again after a lost connection; returns false after `limit` interruptions. */
  interrupt(id: string, message: string, limit: number): boolean {
    const upload = this.#uploads.get(id);
    if (upload?.state !== 'sending' || upload.interruptions >= limit) return false;
    this.#change(id, { state: 'waiting', message, interruptions: upload.interruptions + 1, ...idle });
    return true;
  }

  /** Pauses an upload; the server keeps its bytes, and `retry` continues from them. */
  pause(id: string): void {
    const state = this.#uploads.get(id)?.state;
    if (state === 'sending' || state === 'waiting') this.#change(id, { state: 'paused', message: null, ...idle });
  }

  /** Holds an upload whose bytes are stored already, as `media`, until the user decides. */
  holdDuplicate(id: string, media: Media): void {
    if (this.#uploads.get(id)?.state === 'sending')
      this.#change(id, { state: 'duplicate', media, message: null, ...idle });
  }

  cancel(id: string): void {
    const upload = this.#uploads.get(id);
    if (upload && isUnsent(upload)) this.#change(id, { state: 'cancelled', message: null, ...idle });
  }

  /** Queues an upload again at the user's request: after an error, a cancel, a pause, or although it is a duplicate. */
  retry(id: string): void {
    const state = this.#uploads.get(id)?.state;
    if (state === 'paused') return this.#change(id, { state: 'waiting', message: null, interruptions: 0 });
    if (state === 'error' || state === 'cancelled' || state === 'duplicate')
      this.#change(id, { state: 'waiting', message: null, media: null, interruptions: 0, loadedBytes: 0 });
  }

  /** Applies an event of a medium; events older than its known state are dropped. */
  applyMedia(media: Media): void {
    const upload = this.#rowOf(media.id);
    if (!upload && this.tally.all.sending > 0) this.#early.set(media.id, media);
    if (!upload?.media || isOlder(media, upload.media)) return;
    this.#change(upload.id, { media });
  }

  /** Removes the row of a deleted medium. */
  removeMedia(mediaId: string): void {
    const upload = this.#rowOf(mediaId);
    if (upload) this.remove(upload.id);
  }

  remove(id: string): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#meters.delete(id);
    if (upload.media && this.#byMedium.get(upload.media.id) === id) this.#byMedium.delete(upload.media.id);
    this.#uploads.delete(id);
    this.tally.replace(upload, undefined);
    this.#changed(id);
  }

  #rowOf(mediaId: string): Upload | undefined {
    const upload = this.#uploads.get(this.#byMedium.get(mediaId) ?? '');
    return upload?.state === 'sent' && upload.media?.id === mediaId ? upload : undefined;
  }

  #put(upload: Upload): void {
    this.tally.replace(this.#uploads.get(upload.id), upload);
    this.#uploads.set(upload.id, upload);
    if (upload.state !== 'sent' || !upload.media) return;
    const known = this.#byMedium.get(upload.media.id);
    this.#byMedium.set(upload.media.id, upload.id);
    // Sent before a reload, which lost the response: one row was restored from the server, the other one is sent again.
    if (known && known !== upload.id) this.remove(known);
  }

  #change(id: string, changes: Partial<Upload>): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#put({ ...upload, ...changes });
    this.#changed(id);
  }
}
