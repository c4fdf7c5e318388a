import type { Media } from '#contracts';
import { api } from '../network/api';
import { stats } from '../state/stats';
import { formatBytes } from '../ui/format';
import { texts } from '../ui/texts';
import { isHeic } from './formats';
import { foreignFormat, sniffBytes } from './sniff';

/** Reading a larger file would delay its first visible progress for too long. */
const hashLimitBytes = 100 * 1024 ** 2;

/** Chromium takes longer to slice the beginning of a smaller file than to read all of it. */
const readWholeBytes = 64 * 1024;

/** Checks of a file before any of its bytes is sent. Each returns the reason of a refusal, or null. */
export interface FileChecks {
  content: (file: File) => Promise<string | null>;
  size: (sizeBytes: number) => string | null;
  /** `pendingBytes`: admitted files that will be stored before this one. A retry may help, after deletions. */
  quota: (sizeBytes: number, pendingBytes: number) => string | null;
}

/** Checks of files that the user has just chosen. */
export const chosenFileChecks: FileChecks = { content: contentRefusal, size: sizeRefusal, quota: quotaRefusal };
/** Checks of files that were examined before a reload. */
export const keptFileChecks: FileChecks = {
  content: async (file) => ((await isReadable(file)) ? null : texts.upload.unreadable),
  size: () => null,
  quota: () => null,
};

async function contentRefusal(file: File): Promise<string | null> {
  if (file.size === 0) return texts.upload.empty;
  try {
    const beginning = file.size > readWholeBytes ? file.slice(0, sniffBytes) : file;
    const head = new Uint8Array(await beginning.arrayBuffer()).subarray(0, sniffBytes);
    if (stats.value?.acceptsHeic === false && isHeic(head)) return texts.upload.heic;
    const format = foreignFormat(head);
    return format && texts.upload.unsupported(format);
  } catch {
    return texts.upload.unreadable;
  }
}

function sizeRefusal(sizeBytes: number): string | null {
  const { maxUploadBytes = Number.POSITIVE_INFINITY } = stats.value ?? {};
  return sizeBytes > maxUploadBytes ? texts.upload.tooLarge(formatBytes(maxUploadBytes)) : null;
}

function quotaRefusal(sizeBytes: number, pendingBytes: number): string | null {
  const { quotaBytes, originalBytes = 0 } = stats.value ?? {};
  return quotaBytes && originalBytes + pendingBytes + sizeBytes > quotaBytes ? texts.upload.storageFull : null;
}

/** Returns false for a file that changed on disk or was deleted: its request would fail like a lost connection. */
export async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

/**
 * Returns the user's medium with the same bytes, or null where there is none, the file is too large to hash, or the
 * lookup fails. Browsers hash in a separate thread.
 */
export async function findDuplicate(file: File): Promise<Media | null> {
  if (file.size > hashLimitBytes || !globalThis.crypto?.subtle) return null; // secure contexts only
  try {
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const { items } = await api.media({ sha256, limit: 1 });
    return items[0] ?? null;
  } catch {
    return null; // the check only warns; an error appears when the file is sent
  }
}
