import { z } from 'zod';
import { analyserNames, analyserResults, analysisProviders, analysisStatuses } from './analysis';

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

/** The state of an analysis, as each medium carries it. `costUsd`: reserved while it is open, then what it cost. */
const analysisStateSchema = z.object({
  analyser: z.enum(analyserNames),
  status: z.enum(analysisStatuses),
  /** Percent, for long ones. */
  progress: z.int().min(0).max(100),
  provider: z.enum(analysisProviders),
  model: z.string(),
  completedAt: z.iso.datetime().nullable(),
  costUsd: z.number().nonnegative(),
  failure: failureSchema.nullable(),
});
export type AnalysisState = z.infer<typeof analysisStateSchema>;

/** An analysis with its result, whose shape depends on the analyser. */
export const analysisSchema = analysisStateSchema
  .extend({
    requestedBy: z.enum(['automatic', 'owner']),
    startedAt: z.iso.datetime().nullable(),
    durationMs: z.int().nonnegative().nullable(),
    result: z.union(analyserNames.map((name) => analyserResults[name])).nullable(),
  })
  .meta({ id: 'Analysis' });
export type Analysis = z.infer<typeof analysisSchema>;

const nullableUrl = z.string().nullable();

/** The fields of a medium that a search looks into, best first. */
export const searchFields = ['title', 'tags', 'labels', 'filename', 'description', 'text', 'speech'] as const;
export type SearchField = (typeof searchFields)[number];
const matchSchema = z.object({
  field: z.enum(searchFields),
  snippet: z.string(),
  /** Where in a film or sound. */
  atSeconds: z.number().nullable(),
});
export type MediaMatch = z.infer<typeof matchSchema>;

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
    analysis: z.array(analysisStateSchema),
    /** What is in it, best first. */
    labels: z.array(z.string()).max(20),
    /** Whether moderation found something that not everyone wants to see. */
    flagged: z.boolean(),
    /** Where it matches a search, best first; absent elsewhere. */
    matches: z.array(matchSchema).max(5).optional(),
  })
  .meta({ id: 'Media' });
export type Media = z.infer<typeof mediaSchema>;
