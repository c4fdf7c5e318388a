import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cleanMetadata } from '../analysis/clean-metadata';
import type { Facts, Job, OnProgress } from '../analysis/job';
import { MediaFailure } from '../analysis/media-failure';
import { AnalysisProcess, ProcessCrash } from './analysis-process';
import { type AnalysisLimits, defaultLimits, timeLimitMs } from './limits';
import { residentBytes } from './resident-memory';
import { makeToolbox, type Toolbox } from './toolbox';

export interface AnalysisJob extends Job {
  /** Ends the work at once; `analyse` then rejects with its reason. */
  signal: AbortSignal;
  onProgress?: OnProgress;
}

const MEMORY_CHECK_MS = 100;
/** A process that kept more than this is not reused: what a file may take is counted with it. */
const RECYCLE_ABOVE_BYTES = 300 * 1024 ** 2;

/** Looks at one file at a time, in a process that may crash, hang or swell without harm to this one. One per worker slot. */
export class AnalysisSandbox {
  private readonly limits: AnalysisLimits;
  private toolbox: Promise<Toolbox> | null = null;
  private current: AnalysisProcess | null = null;

  /** `workDir`: where its tools lie. */
  constructor(
    private readonly workDir: string,
    limits: Partial<AnalysisLimits> = {},
  ) {
    this.limits = { ...defaultLimits, ...limits };
  }

  /**
   * Facts of the file; derived files lie in `outputDir` afterwards.
   * @throws {MediaFailure} for a decided outcome. Anything else is transient, or the reason of `signal`.
   */
  async analyse({ signal, onProgress = () => {}, ...job }: AnalysisJob): Promise<Facts> {
    const work: Job = { ...job, inputPath: resolve(job.inputPath), outputDir: resolve(job.outputDir) };
    try {
      return await this.attempt(work, signal, onProgress);
    } catch (error) {
      if (!(error instanceof ProcessCrash)) throw error;
    }
    // It may have been another's fault, e.g. the kernel short of memory: a crash counts against the file when it repeats.
    try {
      return await this.attempt(work, signal, onProgress);
    } catch (error) {
      throw error instanceof ProcessCrash ? new MediaFailure('crashed_worker', error.message) : error;
    }
  }

  /** Ends the process and removes its tools. */
  async close(): Promise<void> {
    await this.current?.end(new Error('The sandbox was closed'));
    await (await this.toolbox)?.erase();
    this.toolbox = null;
  }

  private async attempt(job: Job, signal: AbortSignal, onProgress: OnProgress): Promise<Facts> {
    const timeMs = timeLimitMs(this.limits, job.kind, (await stat(job.inputPath)).size);
    const running = await this.process();
    signal.throwIfAborted();
    const release = this.watch(running, job, timeMs, signal);
    try {
      const facts = await running.run(job, onProgress);
      return { ...facts, metadata: cleanMetadata(facts.metadata) }; // cleaned there; but there is where bytes of strangers rule
    } finally {
      release();
      await this.recycle(running);
    }
  }

  private async process(): Promise<AnalysisProcess> {
    if (this.current?.isAlive) return this.current;
    this.toolbox ??= makeToolbox(this.limits, this.workDir);
    const toolbox = await this.toolbox.catch((error: unknown) => {
      this.toolbox = null; // a full disk, say: made when there is room again
      throw error;
    });
    this.current = new AnalysisProcess(toolbox);
    return this.current;
  }

  /** Holds the process to its limits; returns what ends the watch. */
  private watch(running: AnalysisProcess, { kind }: Job, timeMs: number, signal: AbortSignal): () => void {
    const abort = () => void running.end(signal.reason);
    const tooLong = setTimeout(
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
      clearTimeout(tooLong);
      clearInterval(memory);
      signal.removeEventListener('abort', abort);
    };
  }

  private async recycle(used: AnalysisProcess): Promise<void> {
    if (used.isAlive && used.pid !== undefined && (await residentBytes(used.pid)) <= RECYCLE_ABOVE_BYTES) return;
    await used.end(new Error('recycled'));
  }
}
