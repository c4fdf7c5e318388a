import type { MediaItem } from '#media';
import { newId } from '#platform';

/** Returns the item of a medium as it is right after its upload. */
export function aMedium(overrides: Partial<MediaItem> = {}): MediaItem {
  const at = new Date().toISOString();
  return {
    schemaVersion: 2,
    userId: newId(),
    id: newId(),
    title: 't',
    filename: 't.jpg',
    description: '',
    tags: [],
    batchId: null,
    kind: 'image',
    contentType: 'image/jpeg',
    sizeBytes: 100,
    sha256: 'x',
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
    placeholder: null,
    derived: null,
    derivedToken: null,
    derivedBytes: 0,
    createdAt: at,
    updatedAt: at,
    completedAt: null,
    pending: {},
    crashes: 0,
    errors: 0,
    ...overrides,
  };
}
