import { Injectable, Logger } from '@nestjs/common';
import { analyserResults, type AnalyseMedia, type AnalyserResults, type AnalyserName } from '#contracts';
import { AnalysisRepository, AnalysisResults, MediaAnnouncer, type AnalysisEnding, type ClaimedAnalysis } from '#media';
import { measureJob, type JobOutcome } from '#nest';
import { DependencyUnavailableError, newId, type WorkResult } from '#platform';
import { DONE, isOutage, OUTAGE_PAUSE_MS, retryAfter } from '../delivery';
import { Lease, LEASE_MS } from '../lease';
import { Adapters } from './adapters';
import { AnalyserFailure, AnalysisPending } from './analyser';
import { AnalysisRuns } from './analysis-runs';

/** Attempts of one run, outages of our own dependencies not counted; about forty minutes with their pauses. */
const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 15 * 60_000;
const HINT_INTERVAL_MS = 1_000;

/** Analyses one medium by one analyser: claim, analyse, store the result, finish; or release. Idempotent. */
@Injectable()
export class AnalysisService {
  private readonly logger = new Logger(AnalysisService.name);

  constructor(
    private readonly analyses: AnalysisRepository,
    private readonly results: AnalysisResults,
    private readonly runs: AnalysisRuns,
    private readonly adapters: Adapters,
    private readonly announcer: MediaAnnouncer,
  ) {}

  /** Handles a wake-up; there may be several for one run. */
  async process(payload: AnalyseMedia, shutdown: AbortSignal): Promise<WorkResult> {
    const token = newId();
    try {
      const claim = await this.analyses.claim(payload, token, LEASE_MS);
      if (claim.outcome === 'deleted') return await this.discard(payload);
      if (claim.outcome === 'nothing_to_do') return DONE;
      if (claim.outcome === 'busy') return { next: 'again', at: claim.until };
      await this.announcer.hint(claim.item, claim.item.progress);
      if (claim.outcome === 'claimed') return await this.work(claim, token, shutdown);
      await this.end(claim, token, { status: 'failed', code: 'analysis_error', costMicros: 0 });
      return { next: 'failed', error: new Error(`${claim.entry.crashes} workers crashed during ${payload.analyser}`) };
    } catch (error) {
      if (error instanceof DependencyUnavailableError) return retryAfter(OUTAGE_PAUSE_MS);
      throw error;
    }
  }

  private async work(claim: ClaimedAnalysis, token: string, shutdown: AbortSignal): Promise<WorkResult> {
    const renew = (progress: number) => this.analyses.renew(claim, token, LEASE_MS, progress);
    const lease = new Lease(renew, shutdown);
    const recordOutcome = measureJob(claim.analyser);
    try {
      const { result, ending } = await this.runs.run(claim, token, lease.signal, this.progressOf(claim, lease));
      lease.signal.throwIfAborted();
      if (result) await lease.retryWhileHeld(() => this.store(claim, token, result, ending));
      recordOutcome(await lease.retryWhileHeld(() => this.end(claim, token, ending)));
      return DONE;
    } catch (error) {
      recordOutcome(lease.isLost ? 'fenced' : shutdown.aborted || isOutage(error) ? 'released' : 'error');
      return await lease.retryWhileHeld(() => this.release(claim, token, shutdown, error as Error));
    } finally {
      lease.end();
    }
  }

  private async store(
    { item, analyser }: ClaimedAnalysis,
    token: string,
    result: AnalyserResults[AnalyserName],
    ending: AnalysisEnding,
  ): Promise<void> {
    const checked = analyserResults[analyser].parse(result) as AnalyserResults[AnalyserName];
    const found = ending.status === 'completed' ? ending.found : undefined;
    await this.results.write(item, token, { name: analyser, result: checked, ...(found && { found }) });
  }

  private async end(claim: ClaimedAnalysis, token: string, ending: AnalysisEnding): Promise<JobOutcome> {
    const { item, analyser, entry } = claim;
    const finished = await this.analyses.finish(claim, token, ending);
    if (!finished) {
      await this.results.erase(item.id, token);
      return 'fenced';
    }
    await this.runs.settle(claim, ending.costMicros);
    await this.announcer.announce(finished);
    await this.announcer.wakeAnalyses(finished.item); // those that have waited for this one
    const facts = { mediaId: item.id, userId: item.userId, analyser, run: entry.run, status: ending.status };
    this.logger.log({ ...facts, ...('code' in ending && { code: ending.code }), msg: 'medium analysed' });
    if (ending.status !== 'completed') return 'failed';
    await this.results.dropReplaced(item, finished.item, analyser);
    return 'completed';
  }

  /** Decides what follows from an error: another attempt after a pause, or the end of the run. */
  private async release(
    claim: ClaimedAnalysis,
    token: string,
    shutdown: AbortSignal,
    error: Error,
  ): Promise<WorkResult> {
    if (error instanceof AnalysisPending) {
      await this.analyses.release(claim, token, error.continueAt, { state: error.state });
      return { next: 'again', at: error.continueAt };
    }
    if (shutdown.aborted || isOutage(error)) {
      const pauseMs = shutdown.aborted ? 0 : OUTAGE_PAUSE_MS;
      await this.analyses.release(claim, token, new Date(Date.now() + pauseMs));
      return retryAfter(pauseMs);
    }
    const failure = error instanceof AnalyserFailure ? error : null;
    const { attempts, run } = claim.entry;
    const facts = { mediaId: claim.item.id, userId: claim.item.userId, analyser: claim.analyser, run };
    if (!failure) this.logger.error({ err: error, ...facts, msg: 'an analysis failed because of an internal error' });
    if ((!failure || failure.isRetryable) && attempts + 1 < MAX_ATTEMPTS) {
      const pauseMs = failure?.retryAfterMs ?? Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts);
      await this.analyses.release(claim, token, new Date(Date.now() + pauseMs), { isAttempt: true });
      return retryAfter(pauseMs);
    }
    const code = failure?.code ?? 'analysis_error';
    await this.end(claim, token, { status: code === 'no_text' ? 'skipped' : 'failed', code, costMicros: 0 });
    return failure ? DONE : { next: 'failed', error };
  }

  /** The medium was deleted: nothing of a run may remain at its provider. */
  private async discard({ mediaId, userId, analyser, run }: AnalyseMedia): Promise<WorkResult> {
    await this.adapters.configured(analyser)?.discard?.({ mediaId, userId, run });
    return DONE;
  }

  private progressOf({ item, analyser, entry }: ClaimedAnalysis, lease: Lease): (percent: number) => void {
    let hintedAt = Date.now();
    return (percent) => {
      lease.progress = Math.max(lease.progress, Math.min(99, Math.floor(percent)));
      if (Date.now() - hintedAt < HINT_INTERVAL_MS) return;
      hintedAt = Date.now();
      const analyses = { ...item.analyses, [analyser]: { ...entry, progress: lease.progress } };
      void this.announcer.hint({ ...item, analyses }, item.progress);
    };
  }
}
