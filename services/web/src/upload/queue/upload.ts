import type { Media } from '#contracts';

/**
 * One row per file, from the first byte to the end of processing.
 * waiting -> sending -> sent (then `media` has the status), or refused (by the page or the server), error, cancelled.
 * paused, duplicate and missing wait for the user; `media` of a duplicate is the stored medium; the bytes of a missing
 * upload were lost in a reload.
 */
export type UploadState =
  | 'waiting'
  | 'sending'
  | 'paused'
  | 'duplicate'
  | 'missing'
  | 'sent'
  | 'refused'
  | 'error'
  | 'cancelled';

export interface Upload {
  readonly id: string;
  readonly batchId: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly state: UploadState;
  /** True after the examination: the file may be sent. */
  readonly isAdmitted: boolean;
  readonly loadedBytes: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly message: string | null;
  /** Lost connections since the last progress. */
  readonly interruptions: number;
  readonly media: Media | null;
}

/** No bytes are moving. */
export const idle = { bytesPerSecond: null, secondsLeft: null };

/** A file that was just chosen. */
export const fresh = {
  state: 'waiting',
  isAdmitted: false,
  loadedBytes: 0,
  message: null,
  interruptions: 0,
  media: null,
  ...idle,
} as const;

/** Returns the value of `data-status`: the status of the medium, once there is one. */
export function statusOf(upload: Upload): string {
  if (upload.state === 'sent' && upload.media) return upload.media.status;
  if (upload.state === 'sending') return 'uploading';
  return upload.state;
}

const settled = new Set(['refused', 'duplicate', 'missing', 'error', 'cancelled', 'completed', 'failed']);

/** Returns true when nothing more happens without the user. */
export function isSettled(upload: Upload): boolean {
  return settled.has(statusOf(upload));
}

/** Returns true for an upload that failed or was refused, not for a cancelled one. */
export function isUnsuccessful(upload: Upload): boolean {
  return ['refused', 'error', 'failed'].includes(statusOf(upload));
}

/** Returns true for an upload that is waiting, being sent or paused. */
export function isUnsent({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'paused';
}

/** Returns the reason of a failure, as found by the page or the server. */
export function reasonOf({ message, media }: Upload): string | null {
  return message ?? media?.failure?.message ?? null;
}

/** Returns true when a retry may succeed. */
export function isRetryable(upload: Upload): boolean {
  const status = statusOf(upload);
  return (
    status === 'error' || status === 'cancelled' || (status === 'failed' && upload.media?.failure?.retryable === true)
  );
}
