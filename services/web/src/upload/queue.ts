import type { Media } from '#contracts';
import { isOlder } from '../freshness';
import { RateMeter } from './rate-meter';

/**
 * One row per file, from the first byte to the last analysis.
 * waiting -> sending -> sent (from here `media` tells the rest), or refused (by us or the server), error, cancelled.
 * paused and duplicate wait for their owner's word; of a duplicate `media` is the one that is there.
 */
export type UploadState = 'waiting' | 'sending' | 'paused' | 'duplicate' | 'sent' | 'refused' | 'error' | 'cancelled';

export interface Upload {
  readonly id: string;
  readonly batchId: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly state: UploadState;
  readonly loadedBytes: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly message: string | null;
  /** How often the connection was lost under it. */
  readonly interruptions: number;
  readonly media: Media | null;
}

export type NewUpload = Pick<Upload, 'id' | 'batchId' | 'name' | 'sizeBytes'> & { refusal?: string | null };

/** What `data-status` says: the server's word once there is one. */
export function statusOf(upload: Upload): string {
  if (upload.state === 'sent' && upload.media) return upload.media.status;
  if (upload.state === 'sending') return 'uploading';
  return upload.state;
}

/** Nothing more will happen by itself. */
export function isSettled(upload: Upload): boolean {
  return ['refused', 'duplicate', 'error', 'cancelled', 'completed', 'failed'].includes(statusOf(upload));
}

/** It ended, and not because its owner wanted it to. */
export function isUnsuccessful(upload: Upload): boolean {
  return ['refused', 'error', 'failed'].includes(statusOf(upload));
}

/** The state of all uploads; knows nothing of the network or the page. */
export class UploadQueue {
  readonly #uploads = new Map<string, Upload>();
  readonly #meters = new Map<string, RateMeter>();
  /** News about media whose upload was not answered yet: a small picture can be ready before its 201 is here. */
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

  get(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  add({ refusal, ...file }: NewUpload): void {
    const state = refusal ? 'refused' : 'waiting';
    this.#put({ ...file, state, loadedBytes: 0, bytesPerSecond: null, secondsLeft: null, message: refusal ?? null, interruptions: 0, media: null });
  }

  /** Marks the next waiting uploads as sending, as far as the parallel limit allows, and returns them. */
  startNext(nowMs: number): Upload[] {
    const room = this.#parallel - this.all.filter(({ state }) => state === 'sending').length;
    const next = this.all.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, room));
    for (const { id } of next) {
      this.#meters.set(id, new RateMeter(nowMs));
      this.#change(id, { state: 'sending', message: null });
    }
    return next;
  }

  progress(id: string, loadedBytes: number, nowMs: number): void {
    const upload = this.#uploads.get(id);
    const meter = this.#meters.get(id);
    if (upload?.state !== 'sending' || !meter) return;
    const loaded = Math.min(loadedBytes, upload.sizeBytes);
    const bytesPerSecond = meter.measure(loaded, nowMs);
    const secondsLeft = bytesPerSecond ? (upload.sizeBytes - loaded) / bytesPerSecond : null;
    // What gets through makes up for what was lost before: a bad line may break often, as long as it moves something.
    const interruptions = loaded > upload.loadedBytes ? 0 : upload.interruptions;
    this.#change(id, { loadedBytes: loaded, bytesPerSecond, secondsLeft, interruptions });
  }

  sent(id: string, media: Media): void {
    this.#change(id, { state: 'sent', media, loadedBytes: this.#uploads.get(id)?.sizeBytes ?? 0, message: null, ...still });
    const early = this.#early.get(media.id);
    if (early) this.applyMedia(early);
    if (!this.#isSending()) this.#early.clear();
  }

  fail(id: string, message: string): void {
    this.#change(id, { state: 'error', message, ...still });
  }

  /** The server looked at the bytes and does not want them: sending them again would end the same. */
  refuse(id: string, message: string): void {
    this.#change(id, { state: 'refused', message, ...still });
  }

  /** Says why nothing moves while it keeps its place among those that send. */
  stall(id: string, message: string): void {
    this.#change(id, { message, ...still });
  }

  /** The connection was lost: back in line, at most `limit` times; false when that is used up. */
  interrupt(id: string, message: string, limit: number): boolean {
    const upload = this.#uploads.get(id);
    if (!upload || upload.interruptions >= limit) return false;
    this.#change(id, { state: 'waiting', message, interruptions: upload.interruptions + 1, ...still });
    return true;
  }

  /** The server keeps what it has: `retry` goes on from there. */
  pause(id: string): void {
    if (this.#uploads.get(id)?.state === 'sending') this.#change(id, { state: 'paused', message: null, ...still });
  }

  /** The same bytes are there already, as `media`: its owner says whether they are wanted twice. */
  holdDuplicate(id: string, media: Media): void {
    if (this.#uploads.get(id)?.state === 'sending') this.#change(id, { state: 'duplicate', media, message: null, ...still });
  }

  cancel(id: string): void {
    const state = this.#uploads.get(id)?.state;
    if (state === 'waiting' || state === 'sending' || state === 'paused') this.#change(id, { state: 'cancelled', message: null, ...still });
  }

  /** The owner's word to go on, after an error, a cancel or a pause, or although it is there already: counts interruptions afresh. */
  retry(id: string): void {
    const state = this.#uploads.get(id)?.state;
    if (state === 'paused') return this.#change(id, { state: 'waiting', message: null, interruptions: 0 });
    if (state === 'error' || state === 'cancelled' || state === 'duplicate') this.#change(id, { state: 'waiting', message: null, media: null, interruptions: 0, loadedBytes: 0 });
  }

  /** News about a medium; late news about an older moment is dropped. */
  applyMedia(media: Media): void {
    const upload = this.#rowOf(media.id);
    if (!upload && this.#isSending()) this.#early.set(media.id, media);
    if (!upload?.media || isOlder(media, upload.media)) return;
    this.#change(upload.id, { media });
  }

  /** Its medium was deleted: nothing is left to tell. */
  removeMedia(mediaId: string): void {
    const upload = this.#rowOf(mediaId);
    if (upload) this.remove(upload.id);
  }

  remove(id: string): void {
    this.#meters.delete(id);
    if (this.#uploads.delete(id)) this.#changed(id);
  }

  #rowOf(mediaId: string): Upload | undefined {
    return this.all.find(({ state, media }) => state === 'sent' && media?.id === mediaId);
  }

  #isSending(): boolean {
    return this.all.some(({ state }) => state === 'sending');
  }

  #put(upload: Upload): void {
    this.#uploads.set(upload.id, upload);
    this.#changed(upload.id);
  }

  #change(id: string, changes: Partial<Upload>): void {
    const upload = this.#uploads.get(id);
    if (upload) this.#put({ ...upload, ...changes });
  }
}

const still = { bytesPerSecond: null, secondsLeft: null };
