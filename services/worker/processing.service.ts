import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { FailureCode, ProcessMedia } from '#contracts';
import { MediaAnnouncer, MediaRepository, type Ending, type MediaItem, type MediaKey } from '#media';
import { measureJob, type JobOutcome } from '#nest';
import { DependencyUnavailableError, newId, ObjectMissingError, StorageFullError, type WorkResult } from '#platform';
import { isExhaustion, isOutOfSpace, MediaFailure } from './analysis';
import { DiskSpace } from './disk-room';
import { Lease, LEASE_MS } from './lease';
import { MediaFiles } from './media-files';
import { SandboxPool, workLimitMs } from './sandbox';

const DONE: WorkResult = { next: 'done' };
/** After an outage the item rests a little, so that a dependency that comes back is not stormed. */
const OUTAGE_PAUSE_MS = 3_000;
const ERROR_PAUSE_MS = 2_000;
const HINT_INTERVAL_MS = 1_000;
const RELEASE_TIMEOUT_MS = 60_000;

/** Failures that are not, or not only, the file's: their jobs are kept with the cause. */
const operationalFailures: ReadonlySet<FailureCode> = new Set(['crashed_worker', 'processing_timeout', 'original_missing']);

interface AnalysisResult {
  ending: Ending;
  /** What ops should know of. */
  error?: Error;
}

/** One delivery of one medium: claim, analyse, store, finish; or hand back. It converges: run twice, it ends in the same place. */
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

  /** Called for each wake-up of a medium, however many come. */
  async process(payload: ProcessMedia, shutdown: AbortSignal): Promise<WorkResult> {
    const key = { userId: payload.userId, id: payload.mediaId };
    const token = newId();
    try {
      await this.diskSpace.waitUntilFree(shutdown);
      if (shutdown.aborted) return retryAfter(0);
      const claim = await this.media.claim(key, token, LEASE_MS);
      if (claim.outcome === 'nothing_to_do') return DONE;
      if (claim.outcome === 'busy') return { next: 'again', at: claim.until };
      if (claim.announced) await this.announcer.announce({ item: claim.item, event: claim.announced });
      if (claim.outcome === 'claimed') return await this.work(claim.item, token, shutdown, claim.exclusive);
      await this.end(claim.item, token, { status: 'failed', code: claim.code });
      return { next: 'failed', error: new Error(`${claim.code}: ${claim.item.crashes} workers died with it`) };
    } catch (error) {
      if (error instanceof DependencyUnavailableError) return retryAfter(OUTAGE_PAUSE_MS);
      throw error;
    }
  }

  private async work(item: MediaItem, token: string, shutdown: AbortSignal, alone: boolean): Promise<WorkResult> {
    const lease = new Lease(this.media, item, token, shutdown);
    const recordOutcome = measureJob(item.kind);
    try {
      const { ending, error } = await this.sandboxes.use(alone, (sandbox) => this.analyse(sandbox, item, token, lease));
      recordOutcome(await lease.retryWhileHeld(() => this.end(item, token, ending)));
      return error ? { next: 'failed', error } : DONE;
    } catch (error) {
      recordOutcome(outcomeOf(error, lease, shutdown));
      const result = await lease.retryWhileHeld(() => this.release(item, token, lease, shutdown, error as Error));
      await this.eraseUnlessReferenced(item, token).catch(() => {}); // storage away: erased with what nobody names
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
    lease.limit(workLimitMs(item.kind, item.sizeBytes), () => this.exitProcess(item)); // from here, not from the claim: who runs alone waits for its neighbours first
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
        this.logger.error({ err: error, ...facts, msg: 'media failed for no fault of its owner' });
        return { ending, error: error as Error };
      }
      this.logger.log({ ...facts, msg: 'media refused' });
      return { ending };
    }
  }

  private async end(item: MediaItem, token: string, ending: Ending): Promise<JobOutcome> {
    const finished = await this.media.finish(item, token, ending);
    if (!finished) {
      await this.files.erase(item.id, token); // fenced out: the winner's word stands
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
    if (item.round > 1 || item.crashes > 0 || item.errors > 0) await this.files.eraseOthers(item.id, token);
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
      msg: 'processing broke',
    });
    const pauseMs = ERROR_PAUSE_MS * 2 ** item.errors;
    const outcome = await this.media.releaseAfterError(item, token, new Date(Date.now() + pauseMs));
    if (outcome === 'again') return retryAfter(pauseMs);
    await this.end(item, token, { status: 'failed', code: filledDisk ? 'too_complex' : 'processing_error' });
    return { next: 'failed', error };
  }

  /** A disk that was full until this delivery had cleared away: it may have been this file that filled it. */
  private async filledDisk(error: Error): Promise<boolean> {
    return isOutOfSpace(String(error)) && this.diskSpace.isReserveFree();
  }

  /** A table that could not be told of a renewal for too long is no crash of this worker, and must not count as one. */
  private async releaseWithRetry(key: MediaKey, token: string, shutdown: AbortSignal): Promise<void> {
    for (
      const giveUpAt = Date.now() + RELEASE_TIMEOUT_MS;
      Date.now() < giveUpAt && !shutdown.aborted;
      await sleep(HINT_INTERVAL_MS)
    ) {
      const isHeard = await this.media.release(key, token).then(
        () => true,
        () => false,
      ); // of no effect where another one has it
      if (isHeard) return;
    }
  }

  /** More than this process can mend: its neighbours hand back what they have, and a fresh one takes its place. */
  private exitProcess({ id, userId, round }: MediaItem): void {
    this.logger.error({ mediaId: id, userId, round, msg: 'work hangs though it was told to end: this process leaves' });
    process.kill(process.pid, 'SIGTERM');
  }

  /** Only once it was handed back: until then the write that names these files may have happened unheard. */
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

function retryAfter(pauseMs: number): WorkResult {
  return { next: 'again', at: new Date(Date.now() + pauseMs) };
}

/** Nobody's fault who waits for this medium: it rests, and counts as nothing. */
const isOutage = (error: unknown) =>
  error instanceof DependencyUnavailableError || error instanceof StorageFullError || isExhaustion(String(error));

/** What became of a delivery that did not come to an end. */
function outcomeOf(error: unknown, lease: Lease, shutdown: AbortSignal): JobOutcome {
  if (lease.isLost) return 'fenced';
  return shutdown.aborted || isOutage(error) ? 'released' : 'error';
}

/** The code of a decided outcome, or null: an error of ours or of a dependency, to be tried again. */
function failureCodeOf(error: unknown): FailureCode | null {
  if (error instanceof MediaFailure) return error.code;
  return error instanceof ObjectMissingError ? 'original_missing' : null;
}
