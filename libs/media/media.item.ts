import type { AnalyserName, Derived, Failure, HistoryEntry, Media, MediaKind, MediaStatus } from '#contracts';
import { rowParser, type OutboxFields, type PendingEvent } from '#platform';
import { analysisStates, type AnalysedEvent, type AnalysisEntry } from './analysis/analysis.entry';

export interface MediaKey {
  userId: string;
  id: string;
}

/** Results of processing: facts about the content, and the derived files. */
export interface MediaFacts {
  kind: MediaKind;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  codecs: string[];
  metadata: Record<string, unknown>;
  /** ThumbHash of the thumbnail, base64. */
  placeholder: string | null;
  derived: Derived;
}

/** An event of a medium: the fields that subscribers receive, and those that the counters need. */
export interface MediaEvent extends PendingEvent {
  type: `media.${MediaStatus}` | 'media.deleted';
  userId: string;
  mediaId: string;
  batchId: string | null;
  title: string;
  kind: MediaKind;
  status: MediaStatus;
  round: number;
  failure?: Failure;
  /** The previous status; null for a new medium. */
  from: MediaStatus | null;
  originalBytes: number;
  derivedBytes: number;
}

/** An item of the media table. Index keys (`by…`, `visibleId`, `open…`, `outbox…`) are sparse. Times: ISO 8601, UTC. */
export interface MediaItem extends MediaKey, OutboxFields {
  schemaVersion: 2;
  title: string;
  filename: string;
  description: string;
  tags: string[];
  batchId: string | null;
  kind: MediaKind;
  contentType: string;
  sizeBytes: number;
  sha256: string | null;
  status: MediaStatus;
  round: number;
  progress: number;
  failure: Failure | null;
  history: HistoryEntry[];
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  codecs: string[];
  metadata: Record<string, unknown>;
  /** ThumbHash of the thumbnail, base64; null until processed. */
  placeholder: string | null;
  derived: Derived | null;
  /** The token of the delivery whose folder holds the derived files. */
  derivedToken: string | null;
  derivedBytes: number;
  createdAt: string;
  updatedAt: string;
  completedAt: string | null;
  pending: Record<string, MediaEvent | AnalysedEvent>;
  /** The latest run of each analyser; absent on media of versions without analyses. */
  analyses?: Partial<Record<AnalyserName, AnalysisEntry>>;
  /** Found by the analyser `labels`, best first. */
  labels?: string[];
  /** Found by the analyser `moderation`. */
  flagged?: boolean;
  /** The delivery that holds the claim. Removed when the claim is released. */
  token?: string;
  leaseUntil?: string;
  /** Deliveries of this round whose worker crashed: the lease ended without a release. */
  crashes: number;
  /** Deliveries of this round that ended in an internal error. */
  errors: number;
  /** Rounds that took too long; absent without one. */
  timeouts?: number;
  deletedAt?: string;
  filesErasedAt?: string;
  byKind?: string;
  byStatus?: string;
  byKindStatus?: string;
  bySha256?: string;
  visibleId?: string;
  openShard?: string;
  /** When a sweep should check it again: wake-up lost, lease expired, erasure due. */
  openAt?: string;
}

/** Version 1 had no placeholder before the first that was made. */
const parseRow = rowParser<MediaItem>([(row) => ({ placeholder: null, ...row })]);

/** Parses a row. Its events get the fields that `storedEvent` leaves out from the medium as it is now. */
export function parseMediaItem(row: Record<string, unknown>): MediaItem {
  const item = parseRow(row);
  const { userId, id: mediaId, batchId, title, kind, sizeBytes: originalBytes, derivedBytes } = item;
  const fields = { userId, mediaId, batchId, title, kind, originalBytes, derivedBytes };
  const pending = Object.entries(item.pending).map(([id, event]) => [id, { ...fields, ...event }] as const);
  return { ...item, pending: Object.fromEntries(pending) };
}

/** Returns the index keys by which lists find a medium that is not deleted. */
export function listKeys({ id, kind, status }: { id: string; kind: MediaKind; status: MediaStatus }) {
  return {
    visibleId: id,
    byKind: `${kind}#${id}`,
    byStatus: `${status}#${id}`,
    byKindStatus: `${kind}#${status}#${id}`,
  };
}

/** Returns a medium as its owner sees it; `queue` is the estimate of `QueueEstimator` for one that is not settled. */
export function toMedia(item: MediaItem, queue: Media['queue'] = null): Media {
  const base = `/api/media/${item.id}`;
  return {
    id: item.id,
    title: item.title,
    filename: item.filename,
    kind: item.kind,
    contentType: item.contentType,
    sizeBytes: item.sizeBytes,
    sha256: item.sha256,
    status: item.status,
    progress: item.progress,
    queue,
    failure: item.failure,
    width: item.width,
    height: item.height,
    durationSeconds: item.durationSeconds,
    codecs: item.codecs,
    tags: item.tags,
    description: item.description,
    batchId: item.batchId,
    round: item.round,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    completedAt: item.completedAt,
    history: item.history,
    placeholder: item.placeholder,
    // the version in the address lets browsers keep a thumbnail: another one has another address
    thumbnailUrl: item.derived?.thumbnail ? `${base}/thumbnail?v=${item.derivedToken}` : null,
    previewUrl: item.derived?.preview ? `${base}/preview` : null,
    originalUrl: `${base}/original`,
    metadata: item.metadata,
    analysis: analysisStates(item.analyses),
    labels: item.labels ?? [],
    flagged: item.flagged ?? false,
  };
}
