import type { Alert, MediaStatus } from '#contracts';
import type { AnalysedEvent } from './analysis/analysis.entry';
import { toAnalysisAlert } from './analysis/analysis.events';
import type { MediaEvent, MediaItem } from './media.item';

/** Builds the event of `item` entering its status. The id is deterministic: one per medium, status and round. */
export function mediaEvent(item: MediaItem, from: MediaStatus | null, occurredAt: string): MediaEvent {
  return buildEvent(item, `media.${item.status}`, `${item.id}.${item.status}.${item.round}`, from, occurredAt);
}

/** Builds the event of a deletion. Only the counters handle it; it causes no notification and no alert. */
export function deletedEvent(item: MediaItem, occurredAt: string): MediaEvent {
  return buildEvent(item, 'media.deleted', `${item.id}.deleted`, item.status, occurredAt);
}

/** The fields of an event that the outbox stores: {@link parseMediaItem} adds those of its medium. */
export function storedEvent({ id, type, occurredAt, status, round, failure, from }: StoredEvent): StoredEvent {
  return { id, type, occurredAt, status, round, from, ...(failure && { failure }) };
}

export type StoredEvent = Pick<MediaEvent, 'id' | 'type' | 'occurredAt' | 'status' | 'round' | 'failure' | 'from'>;

function buildEvent(
  item: MediaItem,
  type: MediaEvent['type'],
  id: string,
  from: MediaStatus | null,
  occurredAt: string,
): MediaEvent {
  return {
    id,
    type,
    occurredAt,
    userId: item.userId,
    mediaId: item.id,
    batchId: item.batchId,
    title: item.title,
    kind: item.kind,
    status: item.status,
    round: item.round,
    ...(item.failure && { failure: item.failure }),
    from,
    originalBytes: item.sizeBytes,
    derivedBytes: item.derivedBytes,
  };
}

/** Returns an event as subscribers of the topic receive it, or null when it is not published. */
export function toAlert(event: MediaEvent | AnalysedEvent): Alert | null {
  if (event.type === 'media.analysed') return toAnalysisAlert(event);
  if (event.type === 'media.deleted') return null;
  const { id, type, occurredAt, userId, mediaId, title, kind, status, round, failure } = event;
  return { id, type, occurredAt, userId, mediaId, title, kind, status, round, ...(failure && { failure }) };
}
