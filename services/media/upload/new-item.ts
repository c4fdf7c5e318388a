import { uploadedItem, type MediaItem } from '#media';
import { displayFilename, titleOf } from './filename';
import type { Staged } from './staging';

export interface UploadDetails {
  filename: string;
  title: string | null;
  batchId: string | null;
  /** Make a medium of bytes that the user has already, or give back the one that there is. */
  onDuplicate: 'keep' | 'reuse';
}

/** The medium that staged bytes become. */
export function newItem(staged: Staged, details: UploadDetails): MediaItem {
  const filename = displayFilename(details.filename);
  return uploadedItem({ ...staged, filename, title: details.title ?? titleOf(filename), batchId: details.batchId, createdAt: new Date().toISOString() });
}
