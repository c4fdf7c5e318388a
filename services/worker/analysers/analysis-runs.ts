import { Injectable } from '@nestjs/common';
import type { AnalyserName, AnalyserResults } from '#contracts';
import { AnalysisRepository, AnalysisResults, type AnalysisEnding, type ClaimedAnalysis } from '#media';
import { Adapters } from './adapters';
import { AnalyserFailure, AnalysisPending, type AnalysisSubject, type OnProgress } from './analyser';
import { AnalysisPrices } from './analysis-prices';
import { Subjects } from './subjects';

type Result = AnalyserResults[AnalyserName];

/** How a run ended, with its result where it found one. */
export interface RunOutcome {
  ending: AnalysisEnding;
  result?: Result;
}

/** An analysis of the same bytes is under way: its result is used when it is there. */
const SAME_BYTES_PAUSE_MS = 3_000;
const MINUTE_MS = 60_000;
const MAX_LABELS = 20;

/** Runs a claimed analysis: within its budget, and once for the same bytes. */
@Injectable()
export class AnalysisRuns {
  constructor(
    private readonly analyses: AnalysisRepository,
    private readonly results: AnalysisResults,
    private readonly subjects: Subjects,
    private readonly adapters: Adapters,
    private readonly prices: AnalysisPrices,
  ) {}

  /**
   * @throws {AnalyserFailure} @throws {AnalysisPending} when the run continues later
   * @throws the reason of `signal`; anything else is an error of ours
   */
  async run(claim: ClaimedAnalysis, token: string, signal: AbortSignal, onProgress: OnProgress): Promise<RunOutcome> {
    const adapter = this.adapters.of(claim.analyser, claim.entry.provider);
    if (!adapter) throw new AnalyserFailure('analyser_unavailable', false, 'its provider is not configured');
    return this.subjects.withSubject(claim, signal, async (subject) => {
      const known = await this.resultOfSameBytes(claim, subject);
      if (known) return { ending: completed(claim.analyser, known, 0), result: known };
      const cost = await this.prices.reserve(claim, token, subject.text?.content.length);
      if (cost === null) return { ending: { status: 'skipped', code: 'budget_exceeded', costMicros: 0 } };
      const limited = AbortSignal.any([signal, timeLimit(claim.item.durationSeconds)]);
      const result = await untilAborted(adapter.analyse(subject, limited, onProgress), limited);
      return { ending: completed(claim.analyser, result, cost), result };
    });
  }

  /** Corrects the reservation of a run by what it cost. */
  settle(claim: ClaimedAnalysis, actualMicros: number): Promise<void> {
    return this.prices.settle(claim, actualMicros);
  }

  /**
   * Returns the result of another medium of the user with the same bytes. Of several that are analysed at the same
   * time the first one does the work, and the others wait. A repeated analysis and a description have no other source.
   */
  private async resultOfSameBytes(
    { item, analyser, entry }: ClaimedAnalysis,
    subject: AnalysisSubject,
  ): Promise<Result | null> {
    if (!item.sha256 || entry.resultToken || subject.text?.source === 'description') return null;
    const isSame = (other: typeof entry | undefined) =>
      other?.provider === entry.provider && other.model === entry.model;
    const others = (await this.analyses.withSameBytes(item.userId, item.sha256)).filter(
      ({ id, deletedAt, analyses }) => id !== item.id && !deletedAt && isSame(analyses?.[analyser]),
    );
    for (const other of others) {
      const result = await this.results.read(other, analyser);
      if (result) return result;
    }
    const place = `${entry.startedAt} ${item.id}`;
    const isBefore = others.some(({ id, analyses }) => {
      const { status, startedAt } = analyses![analyser]!;
      return status === 'running' && `${startedAt} ${id}` < place;
    });
    if (isBefore) throw new AnalysisPending(new Date(Date.now() + SAME_BYTES_PAUSE_MS), entry.state ?? '');
    return null;
  }
}

function completed(analyser: AnalyserName, result: Result, cost: number): AnalysisEnding {
  const found =
    analyser === 'labels'
      ? { labels: (result as AnalyserResults['labels']).labels.slice(0, MAX_LABELS).map(({ name }) => name) }
      : analyser === 'moderation'
        ? { flagged: (result as AnalyserResults['moderation']).flagged }
        : undefined;
  return { status: 'completed', costMicros: cost, ...(found && { found }) };
}

/** Aborts when a delivery takes too long: half an hour, and five times the length of what is analysed. */
function timeLimit(durationSeconds: number | null): AbortSignal {
  const limit = new AbortController();
  const ms = 30 * MINUTE_MS + 5_000 * (durationSeconds ?? 0);
  setTimeout(() => limit.abort(new AnalyserFailure('analyser_timeout', false)), ms).unref();
  return limit.signal;
}

/** Rejects when `signal` aborts, also where `work` does not notice it. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
