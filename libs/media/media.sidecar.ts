import { z } from 'zod';
import { mediaKinds } from '#contracts';
import type { MediaItem } from './media.item';

/** The content of `about.json` beside each original: enough to restore the item of an uploaded medium. */
const sidecarSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  userId: z.string(),
  filename: z.string(),
  title: z.string(),
  sha256: z.string().nullable(),
  sizeBytes: z.int().positive(),
  contentType: z.string(),
  kind: z.enum(mediaKinds),
  batchId: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type Sidecar = z.infer<typeof sidecarSchema>;

export function sidecarOf({
  id,
  userId,
  filename,
  title,
  sha256,
  sizeBytes,
  contentType,
  kind,
  batchId,
  createdAt,
}: MediaItem): Sidecar {
  return { schemaVersion: 1, id, userId, filename, title, sha256, sizeBytes, contentType, kind, batchId, createdAt };
}

/** Returns null when the text is no sidecar or is truncated. */
export function readSidecar(text: string): Sidecar | null {
  try {
    return sidecarSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Returns the item of a medium as it is right after its upload. */
export function uploadedItem(about: Omit<Sidecar, 'schemaVersion'>): MediaItem {
  return {
    ...about,
    schemaVersion: 2,
    description: '',
    tags: [],
    status: 'uploaded',
    round: 1,
    progress: 0,
    failure: null,
    history: [{ status: 'uploaded', at: about.createdAt, round: 1 }],
    width: null,
    height: null,
    durationSeconds: null,
    codecs: [],
    metadata: {},
    placeholder: null,
    derived: null,
    derivedToken: null,
    derivedBytes: 0,
    updatedAt: about.createdAt,
    completedAt: null,
    pending: {},
    crashes: 0,
    errors: 0,
  };
}
