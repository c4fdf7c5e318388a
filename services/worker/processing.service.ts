import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import type { FailureCode, MediaKind, ProcessMedia } from '#contracts';
import { MediaAnnouncer, MediaRepository, type Ending, type MediaItem, type MediaKey } from '#media';
import { measureJob, type JobOutcome } from '#nest';
import { DependencyUnavailableError, newId, ObjectMissingError, retry, type WorkResult } from '#platform';
import { isOutOfSpace, MediaFailure } from './analysis';
import { DONE, isOutage, OUTAGE_PAUSE_MS, retryAfter } from './delivery';
import { DiskSpace } from './disk-space';
import { Lease, LEASE_MS } from './lease';
import { MediaFiles } from './media-files';
import { SandboxPool, workLimitMs } from './sandbox';

/** Base of the exponential backoff after an error of ours. */
const ERROR_PAUSE_MS = 2_000;
const HINT_INTERVAL_MS = 1_000;
const RELEASE_RETRY_MS = 1_000;
const RELEASE_TIMEOUT_MS = 60_000;

/** Failures that may not be caused by the file: their jobs are kept as failed, with the cause. */
const operationalFailures: ReadonlySet<FailureCode> = new Set([
  'crashed_worker',
  'processing_timeout',
  'original_missing',
]);

interface AnalysisResult {
  ending: Ending;
  /** Set for operational failures. */
  error?: Error;
}

/** Processes one delivery of one medium: claim, analyse, store, finish; or release. Idempotent: a repeat converges. */
@Injectable()
export class ProcessingService {
  private readonly logger = new Logger(ProcessingService.name);

  constructor(
    private readonly media: MediaRepository,
    private readonly announcer: MediaAnnouncer,
    private readonly files: MediaFiles,
    private readonly sandboxes: SandboxPool,
    private readonly diskSpace: DiskSpace,
  ) {}

  /** Handles a wake-up; there may be several for one medium. */
  async process(kind: MediaKind, payload: ProcessMedia, shutdown: AbortSignal): Promise<WorkResult> {
    const woken = { userId: payload.userId, id: payload.mediaId, kind, round: payload.round };
    const token = newId();
    try {
      await this.diskSpace.waitUntilFree(shutdown);
      if (shutdown.aborted) return retryAfter(0);
      const claim = await this.media.claim(woken, token, LEASE_MS);
      if (claim.outcome === 'nothing_to_do') return DONE;
      if (claim.outcome === 'busy') return { next: 'again', at: claim.until };
      if (claim.announced) await this.announcer.announce({ item: claim.item, event: claim.announced });
      if (claim.outcome === 'claimed') return await this.work(claim.item, token, shutdown, claim.exclusive);
      await this.end(claim.item, token, { status: 'failed', code: claim.code });
      return {
        next: 'failed',
        error: new Error(`${claim.code}: ${claim.item.crashes} workers crashed while processing it`),
      };
    } catch (error) {
      if (error instanceof DependencyUnavailableError) return retryAfter(OUTAGE_PAUSE_MS);
      throw error;
    }
  }

  private async work(item: MediaItem, token: string, shutdown: AbortSignal, exclusive: boolean): Promise<WorkResult> {
    const renew = (progress: number) => this.media.renew(item, token, LEASE_MS, progress);
    const lease = new Lease(renew, shutdown);
    const recordOutcome = measureJob(item.kind);
    try {
      const { ending, error } = await this.sandboxes.use(exclusive, (sandbox) =>
        this.analyse(sandbox, item, token, lease),
      );
      recordOutcome(await lease.retryWhileHeld(() => this.end(item, token, ending)));
      return error ? { next: 'failed', error } : DONE;
    } catch (error) {
      recordOutcome(outcomeOf(error, lease, shutdown));
      const result = await lease.retryWhileHeld(() => this.release(item, token, lease, shutdown, error as Error));
      // storage unavailable: the daily sweep erases orphaned files
      await this.eraseUnlessReferenced(item, token).catch(() => {});
      return result;
    } finally {
      lease.end();
    }
  }

  private async analyse(
    sandbox: Parameters<Parameters<SandboxPool['use']>[1]>[0],
    item: MediaItem,
    token: string,
    lease: Lease,
  ): Promise<AnalysisResult> {
    // from here, not from the claim: exclusive work first waits for other deliveries
    lease.limit(workLimitMs(item.kind, item.sizeBytes), () => this.exitProcess(item));
    try {
      return await this.files.withOriginal(item, async ({ path, dir }) => {
        const outputDir = join(dir, 'derived');
        await mkdir(outputDir);
        const onProgress = this.progressOf(item, lease);
        const job = { kind: item.kind, contentType: item.contentType, inputPath: path, outputDir, onProgress };
        const facts = await this.diskSpace.runGuarded(lease.signal, (signal) => sandbox.analyse({ ...job, signal }));
        lease.signal.throwIfAborted();
        return {
          ending: {
            status: 'completed',
            facts,
            derivedBytes: await this.files.store(item.id, token, outputDir, facts.derived),
          },
        };
      });
    } catch (error) {
      const code = failureCodeOf(error);
      if (!code) throw error;
      const facts = {
        mediaId: item.id,
        userId: item.userId,
        round: item.round,
        code,
        detail: (error as Error).message,
      };
      const ending: Ending = { status: 'failed', code };
      if (operationalFailures.has(code)) {
        this.logger.error({ err: error, ...facts, msg: 'media failed because of an internal error' });
        return { ending, error: error as Error };
      }
      this.logger.log({ ...facts, msg: 'media rejected' });
      return { ending };
    }
  }

  private async end(item: MediaItem, token: string, ending: Ending): Promise<JobOutcome> {
    const finished = await this.media.finish(item, token, ending);
    if (!finished) {
      await this.files.erase(item.id, token); // fenced: another delivery has claimed it
      return 'fenced';
    }
    await this.announcer.announce(finished);
    this.logger.log({
      mediaId: item.id,
      userId: item.userId,
      status: ending.status,
      round: item.round,
      msg: 'media processed',
    });
    if (item.round > 1 || item.crashes > 0 || item.errors > 0)
      await this.files.eraseOthers(item.id, (each) => this.media.mayName(item, each));
    return ending.status;
  }

  private async release(
    item: MediaItem,
    token: string,
    lease: Lease,
    shutdown: AbortSignal,
    error: Error,
  ): Promise<WorkResult> {
    if (lease.isLost) {
      if (!lease.isTimedOut) await this.releaseWithRetry(item, token, shutdown);
      return retryAfter(OUTAGE_PAUSE_MS);
    }
    if (shutdown.aborted) {
      await this.media.release(item, token);
      return retryAfter(0);
    }
    const filledDisk = await this.filledDisk(error);
    if (isOutage(error) && !filledDisk) {
      await this.media.release(item, token, new Date(Date.now() + OUTAGE_PAUSE_MS));
      return retryAfter(OUTAGE_PAUSE_MS);
    }
    this.logger.error({
      err: error,
      mediaId: item.id,
      userId: item.userId,
      round: item.round,
      msg: 'processing failed because of an internal error',
    });
    const pauseMs = ERROR_PAUSE_MS * 2 ** item.errors;
    const outcome = await this.media.releaseAfterError(item, token, new Date(Date.now() + pauseMs));
    if (outcome === 'again') return retryAfter(pauseMs);
    await this.end(item, token, { status: 'failed', code: filledDisk ? 'too_complex' : 'processing_error' });
    return { next: 'failed', error };
  }

  /** Whether this file may have filled the disk: it was full, and is free again after the work folder was deleted. */
  private async filledDisk(error: Error): Promise<boolean> {
    return isOutOfSpace(String(error)) && this.diskSpace.isReserveFree();
  }

  /** Releases a lease that was lost because the table was unavailable, so that it does not count as a crash. */
  private async releaseWithRetry(key: MediaKey, token: string, shutdown: AbortSignal): Promise<void> {
    const release = () => this.media.release(key, token); // no effect when another delivery has claimed it
    await retry(release, { everyMs: RELEASE_RETRY_MS, forMs: RELEASE_TIMEOUT_MS, signal: shutdown }).catch(() => {});
  }

  /**
   * Shuts the process down, since hanging work cannot be aborted: other deliveries are released, and a new process is
   * started.
   */
  private exitProcess({ id, userId, round }: MediaItem): void {
    this.logger.error({ mediaId: id, userId, round, msg: 'aborted work does not end: shutting down this process' });
    process.kill(process.pid, 'SIGTERM');
  }

  /** Call only after the release: until then an ambiguous write may have succeeded and reference these files. */
  private async eraseUnlessReferenced(item: MediaItem, token: string): Promise<void> {
    if (!(await this.media.mayName(item, token))) await this.files.erase(item.id, token);
  }

  private progressOf(key: MediaKey & MediaItem, lease: Lease): (percent: number) => void {
    let hintedAt = 0;
    return (percent) => {
      lease.progress = Math.max(lease.progress, Math.min(99, Math.floor(percent)));
      if (Date.now() - hintedAt < HINT_INTERVAL_MS) return;
      hintedAt = Date.now();
      void this.announcer.hint(key, lease.progress);
    };
  }
}

/** The outcome, for metrics, of a delivery that did not finish. */
function outcomeOf(error: unknown, lease: Lease, shutdown: AbortSignal): JobOutcome {
  if (lease.isLost) return 'fenced';
  return shutdown.aborted || isOutage(error) ? 'released' : 'error';
}

/** The code of a permanent failure, or null for an error of ours or of a dependency, which is retried. */
function failureCodeOf(error: unknown): FailureCode | null {
  if (error instanceof MediaFailure) return error.code;
  return error instanceof ObjectMissingError ? 'original_missing' : null;
}
