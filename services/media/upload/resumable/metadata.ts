import type { Upload } from '@tus/server';
import { z } from 'zod';
import { parseWith } from '#nest';
import type { UploadDetails } from '../new-item';

/** What a client may say of an upload. What it says beyond is kept and given back, as tus asks, and means nothing. */
const metadata = z.object({
  filename: z.string().max(4_096).nullish(),
  title: z.string().trim().max(200, 'Use at most 200 characters.').nullish(),
  batch: z.string().trim().regex(/^[\x20-\x7e]{0,100}$/, 'Use at most 100 printable ASCII characters.').nullish(),
  onDuplicate: z.enum(['keep', 'reuse']).nullish(),
});

/** @throws {ProblemError} validation_failed */
export function detailsOf(upload: Pick<Upload, 'metadata'>): UploadDetails {
  const { filename, title, batch, onDuplicate } = parseWith(metadata, upload.metadata ?? {});
  return { filename: filename ?? '', title: title || null, batchId: batch || null, onDuplicate: onDuplicate ?? 'keep' };
}
