import { rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cleanMetadata } from '../analysis/clean-metadata';
import type { Facts, Job, OnProgress } from '../analysis/job';
import { MediaFailure } from '../analysis/media-failure';
import { AnalysisProcess, ProcessCrash } from './analysis-process';
import { type AnalysisLimits, defaultLimits, timeLimitMs } from './limits';
import { residentBytes } from './resident-memory';
import { makeToolbox, type Toolbox } from './toolbox';

export interface AnalysisJob extends Job {
  /** Ends the work at once; `analyse` then rejects with the reason. */
  signal: AbortSignal;
  onProgress?: OnProgress;
}

const MEMORY_CHECK_MS = 100;
/** A process above this is not reused: its memory counts towards the limit of the next file. */
const RECYCLE_ABOVE_BYTES = 300 * 1024 ** 2;

/**
 * Analyses one file at a time in a child process, whose crashes, hangs and memory leaks do not affect this one. One per
 * worker slot.
 */
export class AnalysisSandbox {
  private readonly limits: AnalysisLimits;
  private toolbox: Promise<Toolbox> | null = null;
  private current: AnalysisProcess | null = null;
  private idle: NodeJS.Timeout | undefined;

  /** @param workDir folder for its tools */
  constructor(
    private readonly workDir: string,
    limits: Partial<AnalysisLimits> = {},
  ) {
    this.limits = { ...defaultLimits, ...limits };
  }

  /**
   * Returns the facts of the file and writes its derived files to `outputDir`.
   * @throws {MediaFailure} for a permanent failure
   * @throws the reason of `signal`; anything else is transient
   */
  async analyse({ signal, onProgress = () => {}, ...job }: AnalysisJob): Promise<Facts> {
    return this.inJobFolders(job, async (work) => {
      try {
        return await this.attempt(work, signal, onProgress);
      } catch (error) {
        if (!(error instanceof ProcessCrash)) throw error;
      }
      // The cause may lie elsewhere (e.g. the OOM killer): only a second crash counts against the file.
      try {
        return await this.attempt(work, signal, onProgress);
      } catch (error) {
        throw error instanceof ProcessCrash ? new MediaFailure('crashed_worker', error.message) : error;
      }
    });
  }

  /** Ends the process and removes its tools. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    await this.current?.end(new Error('The sandbox was closed'));
    await (await this.toolbox)?.erase();
    this.toolbox = null;
  }

  /** Moves the files of a job to where the process may use them, and back afterwards. All is on one file system. */
  private async inJobFolders(job: Job, work: (moved: Job) => Promise<Facts>): Promise<Facts> {
    const { input, output } = await this.openToolbox();
    const moved = {
      ...job,
      inputPath: join(input, basename(job.inputPath)),
      outputDir: join(output, basename(job.outputDir)),
    };
    await rename(job.outputDir, moved.outputDir);
    try {
      await rename(job.inputPath, moved.inputPath);
      return await work(moved);
    } finally {
      await rename(moved.inputPath, job.inputPath);
      await rename(moved.outputDir, job.outputDir);
    }
  }

  private async attempt(job: Job, signal: AbortSignal, onProgress: OnProgress): Promise<Facts> {
    const timeMs = timeLimitMs(this.limits, job.kind, (await stat(job.inputPath)).size);
    clearTimeout(this.idle);
    const running = await this.process();
    signal.throwIfAborted();
    const stopWatching = this.watch(running, job, timeMs, signal);
    try {
      const facts = await running.run(job, onProgress);
      // the child has cleaned it, but is not trusted: it parses untrusted bytes
      return { ...facts, metadata: cleanMetadata(facts.metadata) };
    } finally {
      stopWatching();
      await this.recycle(running);
    }
  }

  private async process(): Promise<AnalysisProcess> {
    if (this.current?.isAlive) return this.current;
    this.current = new AnalysisProcess(await this.openToolbox());
    return this.current;
  }

  private openToolbox(): Promise<Toolbox> {
    this.toolbox ??= makeToolbox(this.limits, this.workDir).catch((error: unknown) => {
      this.toolbox = null; // e.g. a full disk: retried with the next job
      throw error;
    });
    return this.toolbox;
  }

  /** Enforces the limits of time and memory. Returns a function that stops it. */
  private watch(running: AnalysisProcess, { kind }: Job, timeMs: number, signal: AbortSignal): () => void {
    const abort = () => void running.end(signal.reason);
    const timeout = setTimeout(
      () => void running.end(new MediaFailure('processing_timeout', `longer than ${timeMs / 1_000} s`)),
      timeMs,
    );
    const memory = setInterval(async () => {
      const bytes = running.pid === undefined ? 0 : await residentBytes(running.pid);
      if (bytes > this.limits.memoryBytes[kind])
        await running.end(new MediaFailure('too_complex', `${bytes} bytes of memory`));
    }, MEMORY_CHECK_MS);
    signal.addEventListener('abort', abort, { once: true });
    return () => {
      clearTimeout(timeout);
      clearInterval(memory);
      signal.removeEventListener('abort', abort);
    };
  }

  /** Ends a process that has grown at once, and any other when it has been idle for long. */
  private async recycle(used: AnalysisProcess): Promise<void> {
    const isReusable = used.isAlive && used.pid !== undefined && (await residentBytes(used.pid)) <= RECYCLE_ABOVE_BYTES;
    if (!isReusable) return used.end(new Error('recycled'));
    this.idle = setTimeout(() => void used.end(new Error('idle')), this.limits.idleMs);
    this.idle.unref();
  }
}
