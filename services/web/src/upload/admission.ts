import type { Media } from '#contracts';
import { api } from '../network/api';
import { stats } from '../state/stats';
import { formatBytes } from '../ui/format';
import { texts } from '../ui/texts';
import { isHeic } from './formats';
import { obviouslyUnsupported, sniffBytes } from './sniff';

/** Larger ones take too long to read before anything is seen to move. */
const hashLimitBytes = 100 * 1024 ** 2;

/** Cutting the beginning out of a smaller file takes Chromium longer than reading all of it. */
const readWholeBytes = 64 * 1024;

/** Why a file would be refused, said before a byte of it moves; null: nothing against it. */
export interface Examination {
  content: (file: File) => Promise<string | null>;
  /** `pendingBytes` will be stored before it. */
  size: (sizeBytes: number, pendingBytes: number) => string | null;
}

/** What its owner has just chosen. */
export const forChosen: Examination = { content: contentRefusal, size: sizeRefusal };
/** What was examined before a reload. */
export const forKept: Examination = {
  content: async (file) => ((await isReadable(file)) ? null : texts.upload.unreadable),
  size: () => null,
};

async function contentRefusal(file: File): Promise<string | null> {
  if (file.size === 0) return texts.upload.empty;
  try {
    const beginning = file.size > readWholeBytes ? file.slice(0, sniffBytes) : file;
    const head = new Uint8Array(await beginning.arrayBuffer()).subarray(0, sniffBytes);
    if (isHeic(head)) return texts.upload.heic;
    return obviouslyUnsupported(head) ? texts.upload.unsupported : null;
  } catch {
    return texts.upload.unreadable;
  }
}

function sizeRefusal(sizeBytes: number, pendingBytes: number): string | null {
  const limits = stats.value;
  if (limits && sizeBytes > limits.maxUploadBytes) return texts.upload.tooLarge(formatBytes(limits.maxUploadBytes));
  if (limits?.quotaBytes && limits.originalBytes + pendingBytes + sizeBytes > limits.quotaBytes)
    return texts.upload.noRoom;
  return null;
}

/** A file that changed or vanished on disk makes the request fail like a lost connection. */
export async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

/** The medium that has exactly these bytes, if there is one and it is cheap to know. Browsers hash in a thread of their own. */
export async function duplicateOf(file: File): Promise<Media | null> {
  if (file.size > hashLimitBytes || !globalThis.crypto?.subtle) return null; // plain http has none
  try {
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const { items } = await api.media({ sha256, limit: 1 });
    return items[0] ?? null;
  } catch {
    return null; // only a warning; what is wrong shows when it is sent
  }
}
