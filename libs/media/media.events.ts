import type { Alert, MediaStatus } from '#contracts';
import type { MediaEvent, MediaItem } from './media.item';

/** The event of a status that `item` takes now; the same id whenever this round takes it. */
export function mediaEvent(item: MediaItem, from: MediaStatus | null, occurredAt: string): MediaEvent {
  return describe(item, `media.${item.status}`, `${item.id}.${item.status}.${item.round}`, from, occurredAt);
}

/** Known to the counters alone; it is neither notified nor alerted. */
export function deletedEvent(item: MediaItem, occurredAt: string): MediaEvent {
  return describe(item, 'media.deleted', `${item.id}.deleted`, item.status, occurredAt);
}

function describe(
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

/** What subscribers of the topic see of an event; null when it is none of theirs. */
export function toAlert(event: MediaEvent): Alert | null {
  if (event.type === 'media.deleted') return null;
  const { id, type, occurredAt, userId, mediaId, title, kind, status, round, failure } = event;
  return { id, type, occurredAt, userId, mediaId, title, kind, status, round, ...(failure && { failure }) };
}
