import type { Alert, AnalyserName, AnalysisFailureCode } from '#contracts';
import type { MediaItem } from '../media.item';
import { analysisFailure, type AnalysedEvent, type AnalysisEntry } from './analysis.entry';

/** How a run ends. `found`: what lists of media and subscribers receive. `costMicros`: in place of the reservation. */
export type AnalysisEnding = { costMicros: number } & (
  | { status: 'completed'; found?: { labels: string[] } | { flagged: boolean } }
  | { status: 'failed' | 'skipped'; code: AnalysisFailureCode }
);

/** The entry after the end of a run. A result is in the folder of the delivery that found it. */
export function endedEntry(before: AnalysisEntry, token: string, ending: AnalysisEnding, at: string): AnalysisEntry {
  const { token: _token, leaseUntil: _lease, state: _state, ...entry } = before;
  const isCompleted = ending.status === 'completed';
  return {
    ...entry,
    status: ending.status,
    progress: isCompleted ? 100 : before.progress,
    completedAt: at,
    durationMs: Math.max(0, Date.parse(at) - Date.parse(before.startedAt ?? at)),
    costMicros: ending.costMicros,
    failure: isCompleted ? null : analysisFailure(ending.code),
    resultToken: isCompleted ? token : before.resultToken,
  };
}

/** Builds the event of the end of a run. The id is deterministic: one per medium, analyser and run. */
export function analysedEvent(
  { userId, id: mediaId, batchId, title, kind }: MediaItem,
  analyser: AnalyserName,
  { run, status, provider, requestedBy, completedAt, failure }: AnalysisEntry,
  ending: AnalysisEnding,
): AnalysedEvent {
  return {
    id: `${mediaId}.analysed.${analyser}.${run}`,
    type: 'media.analysed',
    occurredAt: completedAt!,
    userId,
    mediaId,
    batchId,
    title,
    kind,
    analyser,
    status,
    provider,
    requestedBy,
    ...(failure && { failure }),
    ...(ending.status === 'completed' && ending.found),
  };
}

/** The fields of an event that the outbox stores: {@link parseMediaItem} adds those of its medium. */
export function storedAnalysedEvent({
  userId: _userId,
  mediaId: _mediaId,
  batchId: _batchId,
  title: _title,
  kind: _kind,
  ...stored
}: AnalysedEvent) {
  return stored;
}

/** Returns the event as subscribers of the topic receive it. */
export function toAnalysisAlert({ batchId: _batchId, requestedBy: _requestedBy, ...alert }: AnalysedEvent): Alert {
  return alert;
}
