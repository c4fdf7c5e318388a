import { uploadedItem, type MediaItem } from '#media';
import { newId } from '#platform';

/** Returns the item of a medium as it is right after its upload. */
export function aMedium(overrides: Partial<MediaItem> = {}): MediaItem {
  const uploaded = uploadedItem({
    userId: newId(),
    id: newId(),
    title: 't',
    filename: 't.jpg',
    batchId: null,
    kind: 'image',
    contentType: 'image/jpeg',
    sizeBytes: 100,
    sha256: 'x',
    createdAt: new Date().toISOString(),
  });
  return { ...uploaded, ...overrides };
}
