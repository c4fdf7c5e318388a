import type { MediaItem } from '#media';
import { displayFilename, titleOf } from './filename';
import type { Staged } from './staging';

export interface UploadDetails {
  filename: string;
  title: string | null;
  batchId: string | null;
  /** Make a medium of bytes that the user has already, or give back the one that there is. */
  onDuplicate: 'keep' | 'reuse';
}

/** The medium that staged bytes become: waiting, in its first round. */
export function newItem({ userId, id, kind, contentType, sizeBytes, sha256 }: Staged, details: UploadDetails): MediaItem {
  const at = new Date().toISOString();
  const filename = displayFilename(details.filename);
  return {
    schemaVersion: 1,
    userId,
    id,
    title: details.title ?? titleOf(filename),
    filename,
    description: '',
    tags: [],
    batchId: details.batchId,
    kind,
    contentType,
    sizeBytes,
    sha256,
    status: 'uploaded',
    round: 1,
    progress: 0,
    failure: null,
    history: [{ status: 'uploaded', at, round: 1 }],
    width: null,
    height: null,
    durationSeconds: null,
    codecs: [],
    metadata: {},
    derived: null,
    derivedToken: null,
    derivedBytes: 0,
    createdAt: at,
    updatedAt: at,
    completedAt: null,
    pending: {},
    crashes: 0,
    errors: 0,
  };
}
