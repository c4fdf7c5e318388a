import { z } from 'zod';

export const mediaKinds = ['image', 'audio', 'video'] as const;
export type MediaKind = (typeof mediaKinds)[number];

export const mediaStatuses = ['uploaded', 'processing', 'completed', 'failed'] as const;
export type MediaStatus = (typeof mediaStatuses)[number];

/** The legal status transitions. `failed -> uploaded` is the owner's retry and starts the next round. */
const transitions: Record<MediaStatus, readonly MediaStatus[]> = {
  uploaded: ['processing'],
  processing: ['completed', 'failed'],
  completed: [],
  failed: ['uploaded'],
};

/** Returns the statuses from which a medium may change to `status`. */
export const statusesBefore = (status: MediaStatus): MediaStatus[] =>
  mediaStatuses.filter((from) => transitions[from].includes(status));

export const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});
export type Failure = z.infer<typeof failureSchema>;

const historyEntrySchema = z.object({
  status: z.enum(mediaStatuses),
  at: z.iso.datetime(),
  round: z.int().positive(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

const nullableUrl = z.string().nullable();

/** A medium as its owner sees it over HTTP. Lengths in pixels, durations in seconds, sizes in bytes. */
export const mediaSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    filename: z.string(),
    kind: z.enum(mediaKinds),
    contentType: z.string(),
    sizeBytes: z.int().nonnegative(),
    sha256: z.string().nullable(),
    status: z.enum(mediaStatuses),
    progress: z.int().min(0).max(100),
    /**
     * `position`: how many of its kind are before it, 0 also while it is processed. `etaSeconds`: estimated range until
     * it is done, from past durations. null: completed or failed, or currently unknown.
     */
    queue: z.object({ position: z.int(), etaSeconds: z.tuple([z.number(), z.number()]) }).nullable(),
    failure: failureSchema.nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    durationSeconds: z.number().nullable(),
    codecs: z.array(z.string()),
    tags: z.array(z.string()),
    description: z.string(),
    batchId: z.string().nullable(),
    round: z.int().positive(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    completedAt: z.iso.datetime().nullable(),
    history: z.array(historyEntrySchema),
    /** A ThumbHash in base64, shown until the thumbnail is available. */
    placeholder: z.string().nullable(),
    thumbnailUrl: nullableUrl,
    previewUrl: nullableUrl,
    originalUrl: z.string(),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Media' });
export type Media = z.infer<typeof mediaSchema>;
