import {
  analyserNames,
  analysisFailures,
  type AnalyserName,
  type AnalysisFailureCode,
  type AnalysisProvider,
  type AnalysisState,
  type AnalysisStatus,
  type Failure,
  type MediaKind,
} from '#contracts';
import type { PendingEvent } from '#platform';

/** The latest run of one analyser of one medium, on the item of the medium. Times: ISO 8601, UTC. */
export interface AnalysisEntry {
  status: AnalysisStatus;
  run: number;
  provider: AnalysisProvider;
  model: string;
  requestedBy: 'automatic' | 'owner';
  /** Percent. */
  progress: number;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  /** Millionths of a US dollar: reserved while it is open, then what it cost. */
  costMicros: number;
  /** The month in whose budget that is counted, as `2026-11`; null without a reservation. */
  costMonth: string | null;
  failure: Failure | null;
  /** The token of the delivery whose folder holds the result; kept while a later run is open. */
  resultToken: string | null;
  /** The delivery that holds the claim. Absent when it is released. */
  token?: string;
  leaseUntil?: string;
  /** Deliveries of this run whose worker crashed. */
  crashes: number;
  /** Deliveries of this run that ended in an error, or without the provider. */
  attempts: number;
  /** What the next delivery needs to continue at the provider. */
  state?: string;
}

export type AnalysisEntries = Partial<Record<AnalyserName, AnalysisEntry>>;

/** The event of the end of a run: one for each medium, analyser and run. */
export interface AnalysedEvent extends PendingEvent {
  type: 'media.analysed';
  userId: string;
  mediaId: string;
  batchId: string | null;
  title: string;
  kind: MediaKind;
  analyser: AnalyserName;
  status: AnalysisStatus;
  provider: AnalysisProvider;
  requestedBy: AnalysisEntry['requestedBy'];
  failure?: Failure;
  labels?: string[];
  flagged?: boolean;
}

const openStatuses: ReadonlySet<AnalysisStatus> = new Set(['queued', 'running']);

/** Whether a run waits or works. */
export const isOpen = (entry: AnalysisEntry | undefined): entry is AnalysisEntry =>
  entry !== undefined && openStatuses.has(entry.status);

/** Whether a request starts the next run: not while one waits or works, and of a completed one only `again`. */
export const startsNextRun = (entry: AnalysisEntry | undefined, again: boolean): boolean =>
  !entry || ((again || entry.status !== 'completed') && !isOpen(entry));

/** Returns the analysers whose runs wait or work. */
export const openAnalyses = (entries: AnalysisEntries = {}): AnalyserName[] =>
  analyserNames.filter((name) => isOpen(entries[name]));

/** Whether a run waits for another analysis: sentiment reads the speech, or the text in pictures. */
export const isBlocked = (name: AnalyserName, { speech, text }: AnalysisEntries = {}): boolean =>
  name === 'sentiment' && (isOpen(speech) || isOpen(text));

/** Returns the analysers whose runs wait or work, without those that wait for another analysis. */
export const startableAnalyses = (entries: AnalysisEntries = {}): AnalyserName[] =>
  openAnalyses(entries).filter((name) => !isBlocked(name, entries));

/** The fields of a run that has not started. */
export function queuedEntry(
  by: Pick<AnalysisEntry, 'provider' | 'model' | 'requestedBy'>,
  previous?: AnalysisEntry,
): AnalysisEntry {
  return {
    ...by,
    status: 'queued',
    run: (previous?.run ?? 0) + 1,
    progress: 0,
    startedAt: null,
    completedAt: null,
    durationMs: null,
    costMicros: 0,
    costMonth: null,
    failure: null,
    resultToken: previous?.resultToken ?? null,
    crashes: 0,
    attempts: 0,
  };
}

export const analysisFailure = (code: AnalysisFailureCode): Failure => {
  const [message, retryable] = analysisFailures[code];
  return { code, message, retryable };
};

export const toUsd = (micros: number) => micros / 1_000_000;

/** Returns the state of one analysis as the owner of the medium sees it. */
export function analysisState(analyser: AnalyserName, entry: AnalysisEntry): AnalysisState {
  const { status, progress, provider, model, completedAt, costMicros, failure } = entry;
  return { analyser, status, progress, provider, model, completedAt, costUsd: toUsd(costMicros), failure };
}

export const analysisStates = (entries: AnalysisEntries = {}): AnalysisState[] =>
  analyserNames.flatMap((name) => (entries[name] ? [analysisState(name, entries[name])] : []));
