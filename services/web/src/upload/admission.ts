import type { Media } from '#contracts';
import { api } from '../api';
import { formatBytes } from '../format';
import { stats } from '../stats';
import { texts } from '../texts';
import { isHeic, obviouslyUnsupported, sniffBytes } from './sniff';

/** Larger ones take too long to read before anything is seen to move. */
const hashLimitBytes = 100 * 1024 ** 2;

/** Why a file would be refused, said before a byte of it moves; null: send it. `pendingBytes` will be stored before it. */
export async function refusalOf(file: File, pendingBytes: number): Promise<string | null> {
  if (file.size === 0) return texts.upload.empty;
  const limits = stats.value;
  if (limits && file.size > limits.maxUploadBytes) return texts.upload.tooLarge(formatBytes(limits.maxUploadBytes));
  if (limits?.quotaBytes && limits.originalBytes + pendingBytes + file.size > limits.quotaBytes) return texts.upload.noRoom;
  try {
    const head = new Uint8Array(await file.slice(0, sniffBytes).arrayBuffer());
    if (isHeic(head)) return texts.upload.heic;
    return obviouslyUnsupported(head) ? texts.upload.unsupported : null;
  } catch {
    return texts.upload.unreadable;
  }
}

/** A file that changed or vanished on disk makes the request fail like a lost connection. */
export async function isReadable(file: File | undefined): Promise<boolean> {
  if (!file) return false;
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
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
