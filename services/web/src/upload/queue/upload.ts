import type { Media } from '#contracts';

/**
 * One row per file, from the first byte to the last analysis.
 * waiting -> sending -> sent (from here `media` tells the rest), or refused (by us or the server), error, cancelled.
 * paused, duplicate and missing wait for their owner's word; of a duplicate `media` is the one that is there, of a
 * missing one the browser lost the bytes in a reload.
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
  /** It was examined and may be sent. */
  readonly isAdmitted: boolean;
  readonly loadedBytes: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly message: string | null;
  /** How often the connection was lost under it. */
  readonly interruptions: number;
  readonly media: Media | null;
}

/** What `data-status` says: the server's word once there is one. */
export function statusOf(upload: Upload): string {
  if (upload.state === 'sent' && upload.media) return upload.media.status;
  if (upload.state === 'sending') return 'uploading';
  return upload.state;
}

const settled = new Set(['refused', 'duplicate', 'missing', 'error', 'cancelled', 'completed', 'failed']);

/** Nothing more will happen by itself. */
export function isSettled(upload: Upload): boolean {
  return settled.has(statusOf(upload));
}

/** It ended, and not because its owner wanted it to. */
export function isUnsuccessful(upload: Upload): boolean {
  return ['refused', 'error', 'failed'].includes(statusOf(upload));
}

/** It will be sent, or could be after a pause. */
export function isUnsent({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'paused';
}

/** Why it did not succeed, in the words of whoever found out. */
export function reasonOf({ message, media }: Upload): string | null {
  return message ?? media?.failure?.message ?? null;
}

/** Another try may end differently. */
export function isRetryable(upload: Upload): boolean {
  const status = statusOf(upload);
  return (
    status === 'error' || status === 'cancelled' || (status === 'failed' && upload.media?.failure?.retryable === true)
  );
}
